package review

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/codex-dnsvisor/codex-dnsvisor/audit"
)

// Figures are what a [Summary] comes to, for machines and for people. Strings are printable ([audit.Show]); what the policy was against
// comes first, and then what there is most of.
type Figures struct {
	Files    int        `json:"files"`
	Lines    int        `json:"lines"`
	Events   int64      `json:"events"`
	First    *time.Time `json:"first,omitempty"`
	Last     *time.Time `json:"last,omitempty"`
	Sessions int        `json:"sessions"`

	Questions Counts `json:"questions"`
	Calls     Counts `json:"calls"`
	Forwards  int64  `json:"forwards"`
	Reloads   int64  `json:"policy_reloads"`

	DeniedNames  Table[NameFigures]    `json:"denied_names"`
	AllowedNames Table[NameFigures]    `json:"allowed_names"`
	Domains      Table[DomainFigures]  `json:"domains"`
	Processes    Table[ProcessFigures] `json:"processes"`
	Rules        Table[TextFigures]    `json:"rules"`
	UnusedRules  []UnusedRule          `json:"unused_rules,omitempty"`
	Reasons      Table[TextFigures]    `json:"reasons"`
	Hours        Table[TextFigures]    `json:"hours"`
	CallsTo      Table[CallFigures]    `json:"calls_to"`
	ForwardsTo   Table[CallFigures]    `json:"forwards_to"`

	Latency []LatencyFigures `json:"latency,omitempty"`
	Cache   *CacheFigures    `json:"cache,omitempty"`

	Skipped SkippedFigures `json:"skipped"`
}

// Counts are how often something was decided. Observed is what was allowed though the policy denies it; Allowed does not count it.
type Counts struct {
	Denied   int64 `json:"denied"`
	Observed int64 `json:"observed,omitempty"`
	Allowed  int64 `json:"allowed"`
}

// Seen is when something was seen first and last.
type Seen struct {
	First *time.Time `json:"first,omitempty"`
	Last  *time.Time `json:"last,omitempty"`
}

// Table has rows, and says what it lost: it is of bounded size.
type Table[R any] struct {
	Rows          []R   `json:"rows"`
	DroppedEvents int64 `json:"dropped_events,omitempty"` // of the rarest rows, which did not fit
	Low           int64 `json:"low,omitempty"`            // what is there may count as many too few
}

// NameFigures are those of a name.
type NameFigures struct {
	Name string `json:"name"`
	Counts
	Seen
	Reason  string `json:"reason,omitempty"`
	Program string `json:"program,omitempty"` // that asked first
	Others  bool   `json:"other_programs,omitempty"`
	Data    string `json:"looks_like_data,omitempty"` // what about it does
}

// DomainFigures are those of a registrable domain.
type DomainFigures struct {
	Domain string `json:"domain"`
	Names  int64  `json:"names"`
	Counts
	Seen
}

// ProcessFigures are those of processes with one executable, and one line of executables above it.
type ProcessFigures struct {
	Depth      int    `json:"depth"` // 0 where nothing above it asked for anything
	Executable string `json:"executable"`
	Processes  int    `json:"processes"`
	Counts
	Seen
}

// TextFigures are those of a rule, a reason or an hour.
type TextFigures struct {
	Text string `json:"text"`
	Counts
	Seen
}

// CallFigures are those of calls to an address, or of connections to it that were carried outside; Out and In are bytes.
type CallFigures struct {
	Transport string `json:"transport,omitempty"`
	Address   string `json:"address"`
	Port      int    `json:"port,omitempty"`
	Peer      string `json:"peer,omitempty"`
	PeerPort  int    `json:"peer_port,omitempty"`
	Counts
	Seen
	Out    int64 `json:"bytes_out,omitempty"`
	In     int64 `json:"bytes_in,omitempty"`
	Failed int64 `json:"failed,omitempty"`
}

// LatencyFigures are how long answers took that came from one place, in microseconds; Source is empty for all of them. A percentile is at most an eighth too high.
type LatencyFigures struct {
	Source  string `json:"source,omitempty"`
	Count   int64  `json:"count"`
	P50     int64  `json:"p50_us"`
	P90     int64  `json:"p90_us"`
	P99     int64  `json:"p99_us"`
	Longest int64  `json:"longest_us"`
}

// CacheFigures are what share of answers that were not our own came from the cache: from 0 to 1.
type CacheFigures struct {
	Hits   int64   `json:"hits"`
	Misses int64   `json:"misses"`
	Share  float64 `json:"share"`
}

// SkippedFigures count the lines that no event was read from.
type SkippedFigures struct {
	Damaged int `json:"damaged,omitempty"`
	Foreign int `json:"foreign,omitempty"`
	Long    int `json:"too_long,omitempty"`
}

// Figures gives what was counted. The summary is of no use afterwards.
func (s *Summary) Figures() *Figures {
	for _, r := range s.denied.rows {
		s.toDomain(r.Name, r)
	}
	for name, r := range s.allowed.rows {
		s.toDomain(name, r)
		if s.denied.rows[name] != nil {
			s.domains.rows[Domain(name)].Names-- // it has been counted already
		}
	}
	f := &Figures{
		Events: s.Events, Sessions: len(s.sessions.rows),
		Questions: counts(&s.Questions), Calls: counts(&s.Calls), Forwards: s.Forwards, Reloads: s.Reloads,
		DeniedNames: ranked(s.denied, s.nameFigures), AllowedNames: ranked(s.allowed, s.nameFigures), Domains: ranked(s.domains, domainFigures),
		Processes: Table[ProcessFigures]{s.tree(), s.processes.cut.Events, s.processes.cut.Low},
		Rules:     ranked(s.rules, textFigures), Reasons: ranked(s.reasons, textFigures), Hours: s.hourFigures(),
		CallsTo: rankedBy(s.calls, callFigures, compareCalls), ForwardsTo: rankedBy(s.forwards, callFigures, compareCalls),
		Latency: s.latencies(),
	}
	seen := seenAt(&s.total)
	f.First, f.Last = seen.First, seen.Last
	if hits, misses := s.sources["cache"], s.sources["upstream"]; hits+misses > 0 {
		f.Cache = &CacheFigures{hits, misses, float64(hits) / float64(hits+misses)}
	}
	return f
}

// ranked gives the rows of a table: first what was refused most, then what there was most of.
func ranked[K cmp.Ordered, R row, F any](b *bounded[K, R], figures func(R) F) Table[F] {
	return rankedBy(b, figures, cmp.Compare[K])
}

func rankedBy[K comparable, R row, F any](b *bounded[K, R], figures func(R) F, compare func(x, y K) int) Table[F] {
	keys := make([]K, 0, len(b.rows))
	for key := range b.rows {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(x, y K) int {
		a, c := b.rows[x].tally(), b.rows[y].tally()
		return cmp.Or(cmp.Compare(c.Refused(), a.Refused()), cmp.Compare(c.Total(), a.Total()), compare(x, y))
	})
	rows := make([]F, 0, len(keys))
	for _, key := range keys {
		rows = append(rows, figures(b.rows[key]))
	}
	return Table[F]{rows, b.cut.Events, b.cut.Low}
}

func counts(t *Tally) Counts { return Counts{t.Denied, t.Observed, t.Allowed} }

func seenAt(t *Tally) Seen {
	var s Seen
	if at := t.First(); !at.IsZero() {
		s.First = &at
	}
	if at := t.Last(); !at.IsZero() {
		s.Last = &at
	}
	return s
}

func (s *Summary) nameFigures(r *NameRow) NameFigures {
	data := LooksLikeData(r.Name)
	if r.Budget {
		data = overBudget
	}
	if d := s.domains.rows[Domain(r.Name)]; data == "" && d != nil && d.Names > Many {
		data = oneOfMany
	}
	return NameFigures{
		Name: audit.Show(r.Name), Counts: counts(&r.Tally), Seen: seenAt(&r.Tally), Reason: audit.Show(r.Reason),
		Program: audit.Show(r.Program), Others: r.Others, Data: data,
	}
}

func domainFigures(r *DomainRow) DomainFigures {
	return DomainFigures{audit.Show(r.Domain), r.Names, counts(&r.Tally), seenAt(&r.Tally)}
}

func textFigures(r *TextRow) TextFigures {
	return TextFigures{audit.Show(r.Text), counts(&r.Tally), seenAt(&r.Tally)}
}

func callFigures(r *CallRow) CallFigures {
	return CallFigures{
		audit.Show(r.Transport), audit.Show(r.Address), r.Port, audit.Show(r.Peer), r.PeerPort, counts(&r.Tally), seenAt(&r.Tally), r.Out, r.In, r.Failed,
	}
}

// hourFigures are in the order of time.
func (s *Summary) hourFigures() Table[TextFigures] {
	hours := make([]int64, 0, len(s.hours.rows))
	for hour := range s.hours.rows {
		hours = append(hours, hour)
	}
	slices.Sort(hours)
	rows := make([]TextFigures, 0, len(hours))
	for _, hour := range hours {
		r := s.hours.rows[hour]
		rows = append(rows, TextFigures{time.UnixMilli(hour * time.Hour.Milliseconds()).UTC().Format("2006-01-02 15:00"), counts(&r.Tally), seenAt(&r.Tally)})
	}
	return Table[TextFigures]{rows, s.hours.cut.Events, s.hours.cut.Low}
}

func (s *Summary) latencies() []LatencyFigures {
	var all []LatencyFigures
	for _, source := range append([]string{""}, answerSources...) {
		l := s.latency[source]
		if l.Count() == 0 {
			continue
		}
		us := func(p float64) int64 { return int64(l.Percentile(p) / time.Microsecond) }
		all = append(all, LatencyFigures{source, l.Count(), us(50), us(90), us(99), int64(l.Longest() / time.Microsecond)})
	}
	return all
}

// compareCalls puts calls in an order where all else is the same.
func compareCalls(a, b callKey) int {
	return cmp.Or(strings.Compare(a.transport, b.transport), strings.Compare(a.address, b.address), cmp.Compare(a.port, b.port), strings.Compare(a.peer, b.peer))
}

// Add adds what a reader knows of its files.
func (f *Figures) Add(r *Reader) {
	p := r.Problems()
	f.Files, f.Lines, f.Skipped = len(r.sources), r.seen, SkippedFigures{p.Damaged, p.Foreign, p.Long}
}
