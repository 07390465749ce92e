// SPDX-License-Identifier: GPL-2.0-or-later

// A Go exporter to compare with: go_exporter ADDRESS FILE CHANGES. It uses client_golang's vectors,
// as most exporters do, and has the series of FILE, a scrape in the text format. Before each answer
// it increments CHANGES counters.
package main

import (
	"fmt"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
)

func labels(m *dto.Metric) (names, values []string) {
	for _, label := range m.Label {
		names = append(names, label.GetName())
		values = append(values, label.GetValue())
	}
	return
}

func counters(family *dto.MetricFamily) (prometheus.Collector, []prometheus.Counter) {
	names, _ := labels(family.Metric[0])
	vector := prometheus.NewCounterVec(
		prometheus.CounterOpts{Name: family.GetName(), Help: family.GetHelp()}, names)
	var all []prometheus.Counter
	for _, m := range family.Metric {
		_, values := labels(m)
		counter := vector.WithLabelValues(values...)
		counter.Add(m.GetCounter().GetValue())
		all = append(all, counter)
	}
	return vector, all
}

func gauges(family *dto.MetricFamily) prometheus.Collector {
	names, _ := labels(family.Metric[0])
	vector := prometheus.NewGaugeVec(
		prometheus.GaugeOpts{Name: family.GetName(), Help: family.GetHelp()}, names)
	for _, m := range family.Metric {
		_, values := labels(m)
		vector.WithLabelValues(values...).Set(m.GetGauge().GetValue())
	}
	return vector
}

// A histogram with the same buckets. All observations of a bucket are at its upper bound.
func histogram(family *dto.MetricFamily) prometheus.Collector {
	opts := prometheus.HistogramOpts{Name: family.GetName(), Help: family.GetHelp(),
		NativeHistogramBucketFactor: 1.1}
	buckets := family.Metric[0].GetHistogram().Bucket
	for _, bucket := range buckets[:len(buckets)-1] {
		opts.Buckets = append(opts.Buckets, bucket.GetUpperBound())
	}
	h := prometheus.NewHistogram(opts)
	below := uint64(0)
	for _, bucket := range buckets[:len(buckets)-1] {
		for ; below < bucket.GetCumulativeCount(); below++ {
			h.Observe(bucket.GetUpperBound())
		}
	}
	return h
}

// Registers the series of the file @path. Returns the counters of the largest family.
func load(registry *prometheus.Registry, path string) ([]prometheus.Counter, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var parser expfmt.TextParser
	families, err := parser.TextToMetricFamilies(file)
	if err != nil {
		return nil, err
	}
	var largest []prometheus.Counter
	for name, family := range families {
		var collector prometheus.Collector
		switch {
		case strings.HasPrefix(name, "process_") || len(family.Metric) == 0:
			continue // client_golang adds its own, and vectors omit empty families
		case family.GetType() == dto.MetricType_COUNTER:
			var all []prometheus.Counter
			collector, all = counters(family)
			if len(all) > len(largest) {
				largest = all
			}
		case family.GetType() == dto.MetricType_GAUGE:
			collector = gauges(family)
		case family.GetType() == dto.MetricType_HISTOGRAM:
			collector = histogram(family)
		default:
			return nil, fmt.Errorf("%s: a counter, gauge or histogram was expected", name)
		}
		if err := registry.Register(collector); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return largest, nil
}

func main() {
	if len(os.Args) != 4 {
		log.Fatal("usage: go_exporter ADDRESS FILE CHANGES")
	}
	changes, err := strconv.Atoi(os.Args[3])
	if err != nil {
		log.Fatalf("CHANGES: %q is not a number", os.Args[3])
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	all, err := load(registry, os.Args[2])
	if err != nil {
		log.Fatalf("%s: %v", os.Args[2], err)
	}
	if len(all) < changes {
		log.Fatalf("CHANGES: %d, but no family has more than %d counters", changes, len(all))
	}
	next := make(chan int, 1)
	next <- 0
	metrics := promhttp.HandlerFor(registry, promhttp.HandlerOpts{EnableOpenMetrics: true})
	http.HandleFunc("/metrics", func(w http.ResponseWriter, r *http.Request) {
		first := <-next
		for i := 0; i < changes; i++ {
			all[(first+i)%len(all)].Inc()
		}
		next <- (first + changes) % len(all)
		metrics.ServeHTTP(w, r)
	})
	log.Fatal(http.ListenAndServe(os.Args[1], nil))
}
