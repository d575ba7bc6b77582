package main

import "math"

// The parameters of docs/matching.md.
const (
	weightQuality    = 0.20
	weightTemporal   = 0.15
	weightQuantity   = 0.15
	weightEconomic   = 0.20
	weightSpatial    = 0.10
	weightTrust      = 0.10
	weightRegulatory = 0.10

	unknownScore          = 0.5
	temperatureEdgeK      = 10.0
	temperatureDropKPerKm = 0.5
	pressureEdgeShare     = 0.20
	percentEdgePoints     = 5.0
	phEdge                = 0.5
	fullStorageDays       = 7.0
	exchangesForHalfTrust = 3.0

	hazardousWithPermit    = 0.7
	hazardousWithoutPermit = 0.3
	borderFactor           = 0.7
	hazardousBorderFactor  = 0.5

	interestRate            = 0.03
	lifetimeYears           = 30.0
	maintenanceShare        = 0.01
	sourceExchangerPerMW    = 15_000.0
	sinkExchangerPerMW      = 100_000.0
	smallSinkExchangerPerMW = 265_000.0
	smallSinkMW             = 1.0
	detour                  = 1.3
	truckPerTkm             = 0.12
	railPerTkm              = 0.05
	gridPerMWh              = 20.0
)

var (
	precisionTrust = [3]float64{1.0, 0.7, 0.4}
	trustShares    = [3]float64{0.6, 0.2, 0.2}
	pipeMW         = [13]float64{0.2, 0.3, 0.6, 1.2, 1.9, 3.6, 6.1, 9.8, 20, 45, 75, 125, 190}
	pipePerM       = [13]float64{
		195, 206, 220, 240, 261, 288, 323, 357, 426, 564, 701, 839, 976,
	}
	alternatives = [5]int{pipe, grid, rail, truck, pickup}
	annuity      = interestRate * math.Pow(1+interestRate, lifetimeYears) /
		(math.Pow(1+interestRate, lifetimeYears) - 1)
)

// least and most are for numbers: math.Min and math.Max are calls, since they mind NaN.
func least(a, b float64) float64 {
	if a < b {
		return a
	}
	return b
}

func most(a, b float64) float64 {
	if a > b {
		return a
	}
	return b
}

// deficit is the integral of what is missing to full acceptance up to a gap outside the window.
func deficit(gap, edge float64) float64 {
	if gap <= 0 {
		return 0
	}
	if gap <= edge {
		return gap * gap / (2 * edge)
	}
	return gap - edge/2
}

// windowScore returns the mean acceptance of an output's range; false: all of it is beyond the
// edges. Both sides state something; NaN is an end that is not stated.
func windowScore(low, high, from, to, fromEdge, toEdge float64) (float64, bool) {
	a, b := low, high
	if math.IsNaN(a) {
		a = high
	}
	if math.IsNaN(b) {
		b = low
	}
	lower, upper := math.Inf(-1), math.Inf(1)
	if !math.IsNaN(from) {
		lower = from
		if from-b > fromEdge {
			return 0, false
		}
	}
	if !math.IsNaN(to) {
		upper = to
		if a-to > toEdge {
			return 0, false
		}
	}
	if a == b {
		if a < lower {
			return 1 - (lower-a)/fromEdge, true
		}
		if a > upper {
			return 1 - (a-upper)/toEdge, true
		}
		return 1, true
	}
	missing := deficit(lower-a, fromEdge) - deficit(lower-b, fromEdge) +
		deficit(b-upper, toEdge) - deficit(a-upper, toEdge)
	return least(1, most(0, 1-missing/(b-a))), true
}

// quality adds up the scores of dimensions.
type quality struct {
	total    float64
	compared float64
}

func (q quality) mean() float64 {
	if q.compared == 0 {
		return unknownScore
	}
	return q.total / q.compared
}

// fixedQuality compares all that does not depend on the distance; false: no match.
func (m *market) fixedQuality(o, i *flow, rule int) (q quality, ok bool) {
	for dimension := range o.stated {
		if dimension == 0 && rule != window {
			continue // see addTemperature
		}
		if !o.stated[dimension] && !i.stated[dimension] {
			continue
		}
		q.compared++
		if !o.stated[dimension] || !i.stated[dimension] {
			q.total += unknownScore
			continue
		}
		fromEdge, toEdge := percentEdgePoints, percentEdgePoints
		switch dimension {
		case 0:
			fromEdge, toEdge = temperatureEdgeK, temperatureEdgeK
		case 1:
			fromEdge = pressureEdgeShare * i.low[1]
			toEdge = pressureEdgeShare * i.high[1]
		case 4:
			fromEdge, toEdge = phEdge, phEdge
		}
		score, ok := windowScore(
			o.low[dimension], o.high[dimension], i.low[dimension], i.high[dimension],
			fromEdge, toEdge,
		)
		if !ok {
			return q, false
		}
		q.total += score
	}
	return m.addContaminants(q, o, i)
}

// addContaminants compares each limit of the input; both sides are sorted by substance.
func (m *market) addContaminants(q quality, o, i *flow) (quality, bool) {
	if i.contentsStart == i.contentsEnd {
		return q, true
	}
	held := m.contents[o.contentsStart:o.contentsEnd]
	total := 0.0
	for _, limit := range m.contents[i.contentsStart:i.contentsEnd] {
		for len(held) > 0 && held[0].substance < limit.substance {
			held = held[1:]
		}
		if len(held) > 0 && held[0].substance == limit.substance {
			if held[0].mgPerKg > limit.mgPerKg {
				return q, false
			}
			total++
		} else {
			total += unknownScore
		}
	}
	q.total += total / float64(i.contentsEnd-i.contentsStart)
	q.compared++
	return q, true
}

// addTemperature compares what arrives after the loss on the way; false: no match.
func addTemperature(q quality, o, i *flow, rule int, distanceM float64) (quality, bool) {
	if rule == window {
		return q, true // among the fixed ones
	}
	drop := temperatureDropKPerKm * distanceM / 1000
	low, high := o.low[0]-drop, o.high[0]-drop
	from, to := i.low[0], math.NaN()
	if rule == atMost {
		low, high = o.low[0]+drop, o.high[0]+drop
		from, to = math.NaN(), i.high[0]
	}
	accepts := !(math.IsNaN(from) && math.IsNaN(to))
	if !o.stated[0] && !accepts {
		return q, true
	}
	q.compared++
	if !o.stated[0] || !accepts {
		q.total += unknownScore
		return q, true
	}
	score, ok := windowScore(low, high, from, to, temperatureEdgeK, temperatureEdgeK)
	q.total += score
	return q, ok
}

func (t *resourceType) canCarry(mode int) bool {
	switch mode {
	case pipe:
		return !math.IsNaN(t.megawatts)
	case grid:
		return t.transport == grid
	}
	return !math.IsNaN(t.tonnes)
}

// mode returns the type's own way of transport if both sides allow it, else one they agree on.
func (t *resourceType) mode(o, i *flow) int {
	allowed := uint8(31)
	if o.methods != 0 {
		allowed &= o.methods
	}
	if i.methods != 0 {
		allowed &= i.methods
	}
	if allowed>>t.transport&1 != 0 {
		return t.transport
	}
	for _, mode := range alternatives {
		if allowed>>mode&1 != 0 && t.canCarry(mode) {
			return mode
		}
	}
	return t.transport
}

// transport returns (investment [EUR], running cost [EUR/a]).
func (t *resourceType) transportCosts(mode int, quantity, hours, distanceM float64) (float64, float64) {
	if mode == pipe && !math.IsNaN(t.megawatts) {
		megawatts := quantity / hours * t.megawatts
		investment := pipePrice(megawatts) * distanceM
		if t.rule != window {
			sink := sinkExchangerPerMW
			if megawatts < smallSinkMW {
				sink = smallSinkExchangerPerMW
			}
			investment += (sourceExchangerPerMW + sink) * megawatts
		}
		return investment, 0
	}
	if mode == grid {
		return 0, quantity * gridPerMWh
	}
	if math.IsNaN(t.tonnes) {
		return 0, 0
	}
	tkm := quantity * t.tonnes * distanceM / 1000 * detour
	if mode == rail {
		return 0, tkm * railPerTkm
	}
	return 0, tkm * truckPerTkm
}

// pipePrice returns EUR per m of the smallest pipe that carries so much, or of several large ones.
func pipePrice(megawatts float64) float64 {
	for place, capacity := range pipeMW {
		if megawatts <= capacity {
			return pipePerM[place]
		}
	}
	last := len(pipeMW) - 1
	return math.Ceil(megawatts/pipeMW[last]) * pipePerM[last]
}

// exchange is what of a pair's economics does not depend on the distance.
type exchange struct {
	mode            int
	quantity, hours float64
	gross           float64
	known           bool
}

func (t *resourceType) exchange(o, i *flow, quantity, hours float64) exchange {
	price := i.cost
	if math.IsNaN(price) {
		price = t.price
	}
	e := exchange{mode: t.mode(o, i), quantity: quantity, hours: hours}
	if !math.IsNaN(price) {
		e.gross += quantity * price
		e.known = true
	}
	if !math.IsNaN(o.cost) {
		e.gross += quantity * o.cost
		e.known = true
	}
	return e
}

// economic is the share of the avoided costs that is left after all costs.
func (t *resourceType) economic(e *exchange, distanceM float64) float64 {
	if !e.known {
		return unknownScore
	}
	if e.gross <= 0 {
		return 0
	}
	investment, running := t.transportCosts(e.mode, e.quantity, e.hours, distanceM)
	savings := e.gross - running - investment*maintenanceShare - investment*annuity
	return least(1, most(0, savings/e.gross))
}

func trust(o, i *flow) float64 {
	exchanges := float64(o.exchanges + i.exchanges)
	return o.trust + i.trust + trustShares[2]*(exchanges/(exchanges+exchangesForHalfTrust))
}

func regulatory(o, i *flow) float64 {
	score := 1.0
	if o.hazardous {
		score = hazardousWithoutPermit
		if i.permit {
			score = hazardousWithPermit
		}
	}
	if o.country != 0 && i.country != 0 && o.country != i.country {
		if o.hazardous {
			return score * hazardousBorderFactor
		}
		return score * borderFactor
	}
	return score
}
