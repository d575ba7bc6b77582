package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
)

const (
	pipe = iota
	truck
	rail
	grid
	pickup
)

const (
	atLeast = iota
	atMost
	window
)

const dimensions = 5 // temperature, pressure, purity, moisture, pH

// resourceType is what can be exchanged; NaN where a figure is not known.
type resourceType struct {
	transport       int
	rule            int
	price           float64 // EUR per unit
	tonnes          float64 // per unit
	megawatts       float64 // of a pipe per unit an hour
	reachM          float64
	inputs, outputs []int // types of the partners that an output, an input can have
}

// flow is an output or input. Its place among all flows, which are sorted by id, stands for the id.
type flow struct {
	x, y, z            float64 // m from the centre of the earth
	reachM             float64
	hours              [3]uint64 // of the week
	hoursPerYear       float64
	quantity, lot      float64 // units per year
	trust              float64 // its share of the trust score, history left out
	storageDays        float64
	organization       int32
	validFrom, validTo int32
	exchanges          int32
	country            int32
	place              int32
	months             uint16
	methods            uint8
	hazardous, permit  bool

	// What only pairs need that may get into a list.
	latitude, longitude        float64 // degrees
	sinReduced, cosReduced     float64 // of the reduced latitude
	cost                       float64 // EUR per unit, NaN where not stated
	low, high                  [dimensions]float64
	contentsStart, contentsEnd int32
	stated                     [dimensions]bool
	typ                        int32
	isOutput                   bool
}

// content is how much of a substance an output holds, or an input accepts [mg/kg].
type content struct {
	substance int32
	mgPerKg   float64
}

// market is everything that is matched.
type market struct {
	types    []resourceType
	flows    []flow
	ids      [][16]byte
	contents []content
}

// daysOfMonths holds the days of a set of months, by its bits.
var daysOfMonths = func() (days [4096]float64) {
	lengths := [12]float64{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}
	for months := range days {
		for bit, length := range lengths {
			if months>>bit&1 != 0 {
				days[months] += length
			}
		}
	}
	return days
}()

// hoursPerYear returns the hours of a year of 365 days that a week's hours have in these months.
func hoursPerYear(a, b, c uint64, months uint16) float64 {
	hours := bits.OnesCount64(a) + bits.OnesCount64(b) + bits.OnesCount64(c)
	return 8760 * (float64(hours) / 168) * (daysOfMonths[months&4095] / 365)
}

// readMarket reads four COPY streams: types, who serves whom, flows by id, contents by flow.
func readMarket(from *bufio.Reader) (*market, error) {
	m := &market{}
	places := map[int32]int{}

	r := newCopyReader(from)
	for r.next() {
		places[r.integer()] = len(m.types)
		m.types = append(m.types, resourceType{
			transport: int(r.integer()),
			rule:      int(r.integer()),
			price:     r.float(),
			tonnes:    r.float(),
			megawatts: r.float(),
			reachM:    r.float(),
		})
	}
	if r.err != nil {
		return nil, fmt.Errorf("types: %w", r.err)
	}

	r = newCopyReader(from)
	for r.next() {
		output, input := places[r.integer()], places[r.integer()]
		m.types[output].inputs = append(m.types[output].inputs, input)
		m.types[input].outputs = append(m.types[input].outputs, output)
	}
	if r.err != nil {
		return nil, fmt.Errorf("servings: %w", r.err)
	}

	r = newCopyReader(from)
	owners := map[[16]byte]int32{}
	for r.next() {
		m.ids = append(m.ids, r.uuid())
		f := flow{place: int32(len(m.flows)), isOutput: r.flag()}
		owner := r.uuid()
		number, known := owners[owner]
		if !known {
			number = int32(len(owners))
			owners[owner] = number
		}
		f.organization = number
		f.typ = int32(places[r.integer()])
		readFlow(r, &f)
		if f.isOutput {
			f.reachM = math.Min(f.reachM, m.types[f.typ].reachM)
		}
		m.flows = append(m.flows, f)
	}
	if r.err != nil {
		return nil, fmt.Errorf("flows: %w", r.err)
	}
	return m, m.readContents(from)
}

// readFlow reads the columns from the position on.
func readFlow(r *copyReader, f *flow) {
	f.latitude, f.longitude = r.float(), r.float()
	f.x, f.y, f.z = fromCentre(f.latitude, f.longitude)
	f.sinReduced, f.cosReduced = reduced(f.latitude)
	f.reachM = r.float()
	f.quantity, f.lot = r.float(), r.float()
	var week [24]byte
	copy(week[:], r.field(21))
	for number := range f.hours {
		f.hours[number] = binary.LittleEndian.Uint64(week[8*number:])
	}
	f.months = uint16(r.integer())
	f.hoursPerYear = hoursPerYear(f.hours[0], f.hours[1], f.hours[2], f.months)
	f.validFrom, f.validTo = r.integer(), r.integer()
	f.hazardous, f.permit = r.flag(), r.flag()
	precision := precisionTrust[r.integer()]
	verified := float64(r.integer())
	f.trust = trustShares[0]*precision/2 + trustShares[1]*verified/2
	f.exchanges = r.integer()
	f.country = r.integer()
	f.cost = r.float()
	f.methods = uint8(r.integer())
	f.storageDays = r.float()
	for dimension := range f.low {
		low, high := r.float(), r.float()
		f.stated[dimension] = !(math.IsNaN(low) && math.IsNaN(high))
		f.low[dimension], f.high[dimension] = low, high
	}
}

// readContents reads what flows hold or accept; they come in the order of the flows.
func (m *market) readContents(from *bufio.Reader) error {
	r := newCopyReader(from)
	place := 0
	for r.next() {
		owner := r.uuid()
		for place < len(m.ids) && bytes.Compare(m.ids[place][:], owner[:]) < 0 {
			place++
		}
		if place == len(m.ids) || m.ids[place] != owner {
			return fmt.Errorf("contents of a flow that is none: %x", owner)
		}
		f := &m.flows[place]
		if f.contentsStart == f.contentsEnd {
			f.contentsStart = int32(len(m.contents))
		}
		m.contents = append(m.contents, content{r.integer(), r.float()})
		f.contentsEnd = int32(len(m.contents))
	}
	if r.err != nil {
		return fmt.Errorf("contents: %w", r.err)
	}
	return nil
}
