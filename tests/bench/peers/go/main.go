// Command peer matches flows as docs/matching.md says, in plain Go.
//
// It reads binary COPY streams from standard input (see readMarket), writes one to standard output,
// with a row (flow, partners, scores, distances) for each flow that has partners, and says on
// standard error in JSON how long it took.
package main

import (
	"bufio"
	"encoding/json"
	"log"
	"os"
	"time"
)

const buffer = 1 << 20

func main() {
	log.SetFlags(0)
	started := time.Now()
	m, err := readMarket(bufio.NewReaderSize(os.Stdin, buffer))
	if err != nil {
		log.Fatal(err)
	}
	loaded := time.Now()
	lists, pairsNear := m.match()
	computed := time.Now()
	if err := write(m, lists); err != nil {
		log.Fatal(err)
	}
	json.NewEncoder(os.Stderr).Encode(map[string]interface{}{
		"load_s":     loaded.Sub(started).Seconds(),
		"compute_s":  computed.Sub(loaded).Seconds(),
		"flows":      len(m.flows),
		"pairs_near": pairsNear,
	})
}

func write(m *market, lists []list) error {
	w := newCopyWriter(bufio.NewWriterSize(os.Stdout, buffer))
	for place := range lists {
		l := &lists[place]
		if l.count == 0 {
			continue
		}
		w.int16(4)
		w.uuid(&m.ids[place])
		w.array(oidUUID, l.count, 16)
		for _, partner := range l.partners[:l.count] {
			w.uuid(&m.ids[partner])
		}
		for _, column := range [2][]float64{l.scores[:l.count], l.distances[:l.count]} {
			w.array(oidFloat8, l.count, 8)
			for _, value := range column {
				w.float(value)
			}
		}
	}
	return w.end()
}
