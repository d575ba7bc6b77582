package main

import (
	"math"
	"runtime"
	"sync"
	"sync/atomic"
)

const (
	bestPerFlow = 20
	chunk       = 128
	// More than rounding can make a bound too low.
	slackM     = 1e-6
	slackScore = 1e-9
)

// list holds the best partners of a flow, best first.
type list struct {
	count     int
	partners  [bestPerFlow]int32 // places
	scores    [bestPerFlow]float64
	distances [bestPerFlow]float64 // m
}

// worst is the score that a new partner has to reach.
func (l *list) worst() float64 {
	if l.count < bestPerFlow {
		return -1
	}
	return l.scores[bestPerFlow-1]
}

// keep inserts a partner: higher score first, then nearer, then the smaller id.
func (l *list) keep(score, distance float64, partner int32) {
	better := func(place int) bool {
		if score != l.scores[place] {
			return score > l.scores[place]
		}
		if distance != l.distances[place] {
			return distance < l.distances[place]
		}
		return partner < l.partners[place]
	}
	place := l.count
	if place == bestPerFlow {
		if place--; !better(place) {
			return
		}
	} else {
		l.count++
	}
	for ; place > 0 && better(place-1); place-- {
		l.scores[place] = l.scores[place-1]
		l.distances[place] = l.distances[place-1]
		l.partners[place] = l.partners[place-1]
	}
	l.scores[place], l.distances[place], l.partners[place] = score, distance, partner
}

// match returns the list of each flow by its place, and how many pairs are near: of fitting types
// and different owners, in reach of each other.
func (m *market) match() (lists []list, pairsNear int64) {
	groups := [2][]*group{m.group(false), m.group(true)} // inputs, outputs
	lists = make([]list, len(m.flows))
	for side := range groups {
		isOutput := side == 1
		for number, own := range groups[side] {
			partners := m.types[number].outputs
			if isOutput {
				partners = m.types[number].inputs
			}
			counted := m.matchGroup(own, groups[1-side], partners, isOutput, lists)
			if isOutput {
				pairsNear += counted
			}
		}
	}
	return lists, pairsNear
}

// group sorts the flows of one direction by type, and by cells.
func (m *market) group(outputs bool) []*group {
	byType := make([][]flow, len(m.types))
	for place := range m.flows {
		if f := &m.flows[place]; f.isOutput == outputs {
			byType[f.typ] = append(byType[f.typ], *f)
		}
	}
	groups := make([]*group, len(m.types))
	for number, flows := range byType {
		groups[number] = newGroup(flows, m.types[number].reachM)
	}
	return groups
}

// matchGroup fills the lists of a group's flows; workers take chunks until none is left.
func (m *market) matchGroup(
	own *group, others []*group, partners []int, isOutput bool, lists []list,
) int64 {
	var next, pairsNear int64
	var workers sync.WaitGroup
	for worker := 0; worker < runtime.GOMAXPROCS(0); worker++ {
		workers.Add(1)
		go func() {
			defer workers.Done()
			near := int64(0)
			for {
				start := int(atomic.AddInt64(&next, chunk)) - chunk
				if start >= len(own.flows) {
					break
				}
				stop := start + chunk
				if stop > len(own.flows) {
					stop = len(own.flows)
				}
				for place := start; place < stop; place++ {
					f := &own.flows[place]
					near += m.matchFlow(f, others, partners, isOutput, &lists[f.place])
				}
			}
			atomic.AddInt64(&pairsNear, near)
		}()
	}
	workers.Wait()
	return pairsNear
}

// matchFlow fills the list of one flow.
func (m *market) matchFlow(
	f *flow, others []*group, partners []int, isOutput bool, into *list,
) (near int64) {
	for _, number := range partners {
		kind := &m.types[number] // of the output
		if isOutput {
			kind = &m.types[f.typ]
		}
		reach := least(f.reachM, kind.reachM)
		others[number].near(f.latitude, f.longitude, reach, func(run []flow) {
			for place := range run {
				other := &run[place]
				limit := least(f.reachM, other.reachM)
				dx, dy, dz := f.x-other.x, f.y-other.y, f.z-other.z
				chord2 := dx*dx + dy*dy + dz*dz
				if chord2 > limit*limit+1 || other.organization == f.organization {
					continue
				}
				chord := most(0, math.Sqrt(chord2)-slackM)
				if chord > limit {
					continue
				}
				near++
				if isOutput {
					m.consider(f, other, kind, chord, limit, other.place, into)
				} else {
					m.consider(other, f, kind, chord, limit, other.place, into)
				}
			}
		})
	}
	return near
}

// consider scores a pair and keeps the partner if it is among the best.
//
// No factor grows with the distance, so a distance that is too short gives a score that is not too
// low: the straight line does, and where it is not good enough the geodesic is not needed.
func (m *market) consider(
	o, i *flow, kind *resourceType, chord, limit float64, partner int32, into *list,
) {
	if o.validFrom > i.validTo || i.validFrom > o.validTo || o.hazardous && !i.hazardous {
		return
	}
	hours := hoursPerYear(
		o.hours[0]&i.hours[0], o.hours[1]&i.hours[1], o.hours[2]&i.hours[2], o.months&i.months,
	)
	if hours <= 0 {
		return
	}
	shareO, shareI := hours/o.hoursPerYear, hours/i.hoursPerYear
	quantity := least(o.quantity*shareO, i.quantity*shareI)
	if quantity <= 0 || quantity < most(o.lot, i.lot)*(1-1e-9) {
		return
	}
	temporal := (shareO + shareI) / 2
	temporal += (1 - temporal) * least(1, most(o.storageDays, i.storageDays)/fullStorageDays)
	fixed := weightTemporal*temporal +
		weightQuantity*quantity/most(o.quantity, i.quantity) +
		weightTrust*trust(o, i) +
		weightRegulatory*regulatory(o, i)
	worst := into.worst() - slackScore
	bound := fixed + weightSpatial*(1-chord/limit)
	if bound+weightQuality+weightEconomic < worst {
		return
	}
	unchanging, ok := m.fixedQuality(o, i, kind.rule)
	if !ok {
		return
	}
	best, ok := addTemperature(unchanging, o, i, kind.rule, chord)
	if !ok {
		return
	}
	bound += weightQuality * best.mean()
	if bound+weightEconomic < worst {
		return
	}
	exchange := kind.exchange(o, i, quantity, hours)
	if bound+weightEconomic*kind.economic(&exchange, chord) < worst {
		return
	}

	distance := geodesicM(
		o.sinReduced, o.cosReduced, i.sinReduced, i.cosReduced, i.longitude-o.longitude,
	)
	if distance > limit {
		return
	}
	arriving, ok := addTemperature(unchanging, o, i, kind.rule, distance)
	if !ok {
		return
	}
	score := fixed +
		weightQuality*arriving.mean() +
		weightEconomic*kind.economic(&exchange, distance) +
		weightSpatial*(1-distance/limit)
	into.keep(score, distance, partner)
}
