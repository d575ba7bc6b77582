package main

import (
	"math"
	"sort"
)

// group holds the flows of one type and direction, cell by cell: rows of latitude, and within a row
// cells of longitude about as wide as high. Cells of one row lie beside each other in `flows`.
type group struct {
	flows     []flow
	columns   []int32 // the cell of each flow in its row
	rowStarts []int32 // the first flow of each row; one more at the end
	firstRow  int
	degrees   float64 // height of a row
}

func newGroup(flows []flow, reachM float64) *group {
	g := &group{flows: flows}
	// An eighth of the reach: few flows of a cell that is touched lie outside.
	g.degrees = math.Min(5, math.Max(0.01, degreesOf(reachM)/8))
	if len(flows) == 0 {
		return g
	}
	sort.Slice(flows, func(a, b int) bool {
		rowA, rowB := g.row(flows[a].latitude), g.row(flows[b].latitude)
		if rowA != rowB {
			return rowA < rowB
		}
		columnA, columnB := g.column(rowA, flows[a].longitude), g.column(rowB, flows[b].longitude)
		if columnA != columnB {
			return columnA < columnB
		}
		return flows[a].place < flows[b].place
	})
	g.firstRow = g.row(flows[0].latitude)
	lastRow := g.row(flows[len(flows)-1].latitude)
	g.rowStarts = make([]int32, lastRow-g.firstRow+2)
	g.columns = make([]int32, len(flows))
	for place := range flows {
		row := g.row(flows[place].latitude)
		g.columns[place] = int32(g.column(row, flows[place].longitude))
		g.rowStarts[row-g.firstRow+1]++
	}
	for row := 1; row < len(g.rowStarts); row++ {
		g.rowStarts[row] += g.rowStarts[row-1]
	}
	return g
}

func degreesOf(reachM float64) float64 {
	return math.Min(180, reachM/leastRadiusM*(180/math.Pi))
}

func (g *group) row(latitude float64) int { return int(math.Floor((latitude + 90) / g.degrees)) }

// width returns how wide [degrees] the cells of a row are.
func (g *group) width(row int) float64 {
	middle := (float64(row)+0.5)*g.degrees - 90
	return g.degrees / math.Max(0.01, math.Cos(radians(middle)))
}

func (g *group) column(row int, longitude float64) int {
	return int(math.Floor((longitude + 180) / g.width(row)))
}

// near calls visit with runs of flows, together all that are in reach [m] of a point [degrees].
func (g *group) near(latitude, longitude, reachM float64, visit func([]flow)) {
	if len(g.flows) == 0 {
		return
	}
	degrees := degreesOf(reachM) + 1e-9
	first := g.row(latitude-degrees) - g.firstRow
	last := g.row(latitude+degrees) - g.firstRow
	if first < 0 {
		first = 0
	}
	if last > len(g.rowStarts)-2 {
		last = len(g.rowStarts) - 2
	}
	// How far in longitude points in reach can lie; all around where it contains a pole.
	half := 180.0
	if steepest := math.Abs(latitude) + degrees; steepest < 90 {
		if ratio := math.Sin(radians(degrees)) / math.Cos(radians(steepest)); ratio < 1 {
			half = math.Asin(ratio)*(180/math.Pi) + 1e-9
		}
	}
	for row := first; row <= last; row++ {
		if g.rowStarts[row] == g.rowStarts[row+1] {
			continue
		}
		if half >= 180 {
			visit(g.flows[g.rowStarts[row]:g.rowStarts[row+1]])
			continue
		}
		g.between(row, longitude-half, longitude+half, visit)
		if longitude-half < -180 {
			g.between(row, longitude-half+360, 180, visit)
		}
		if longitude+half > 180 {
			g.between(row, -180, longitude+half-360, visit)
		}
	}
}

// between visits the flows of a row whose cells touch a span of longitude [degrees].
func (g *group) between(row int, west, east float64, visit func([]flow)) {
	low, high := int(g.rowStarts[row]), int(g.rowStarts[row+1])
	columns := g.columns[low:high]
	from := int32(g.column(row+g.firstRow, west))
	to := int32(g.column(row+g.firstRow, east))
	start := sort.Search(len(columns), func(at int) bool { return columns[at] >= from })
	stop := start + sort.Search(len(columns)-start, func(at int) bool { return columns[start+at] > to })
	if start < stop {
		visit(g.flows[low+start : low+stop])
	}
}
