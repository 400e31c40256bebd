package policy

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// budgetWindow is how long a name counts after it was asked for last.
const budgetWindow = time.Minute

// Budget bounds what a sandbox can say in the names that wildcards let it choose: distinct names a minute and the bytes that
// the wildcard stands for, of each rule and of all; and how often any rule leads to a question upstream. Rules are told apart
// by their patterns' texts, so that a budget outlives the set that they came from. It is safe for concurrent use, and holds no
// more than Limits.TotalNames names, 64 to 96 bytes of each, whatever its length.
type Budget struct {
	mu     sync.Mutex
	limits Limits
	marker marker
	names  map[mark]slot
	asked  queue // by the time of the last asking
	rules  map[string]*spending
	total  amount
	start  time.Time // of the clock of asked and latest
	latest time.Duration

	numbers uint64 // of rules, so far

	questions map[string]*rate.Limiter
	crowded   int // the size of questions at which idle ones are dropped
}

// spending is what is spent of a rule. Its number is no other's, as long as names of it count.
type spending struct {
	amount
	text   string
	number uint64
}

// amount is what counts of one rule or of all.
type amount struct{ names, bytes int }

func (a amount) plus(b amount) amount { return amount{a.names + b.names, a.bytes + b.bytes} }

func (a amount) minus(b amount) amount { return amount{a.names - b.names, a.bytes - b.bytes} }

// fewLimiters are kept even where all are idle.
const fewLimiters = 1024

// NewBudget makes a budget of which nothing is spent.
func NewBudget(limits Limits) *Budget {
	return &Budget{
		limits: limits.orDefault(), marker: newMarker(), names: map[mark]slot{}, rules: map[string]*spending{},
		questions: map[string]*rate.Limiter{}, crowded: fewLimiters,
	}
}

// SetLimits changes the limits. What is spent stays spent.
func (b *Budget) SetLimits(limits Limits) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.limits = limits.orDefault()
	for _, l := range b.questions {
		l.SetLimit(rate.Limit(b.limits.Questions))
		l.SetBurst(b.limits.Questions)
	}
}

// Spend reports whether a name may be asked for upstream, given the decision about it, and counts it if so. A name costs
// nothing more for the minute after it was asked for, and then counts for another; so there are never more distinct names in
// any minute than the limits say, but for the chance that mark tells of. A rule that is one name costs nothing, its service labels
// neither: they are of a bounded set. What is denied may not be asked for. Of *.d and **.d the bytes are those of what stands
// before d, without the last dot, and of other wildcards those of the whole name.
func (b *Budget) Spend(d Decision, name string, now time.Time) bool {
	if d.Effect != Allow || d.Rule == nil || d.Rule.Pattern.Exact() {
		return d.Effect == Allow
	}
	folded, _ := fold(name)
	b.mu.Lock()
	defer b.mu.Unlock()
	at := b.forget(now)
	rule := b.spending(d.Rule.Pattern.String())
	m := b.marker.mark(rule.number, folded)
	if i, counts := b.names[m]; counts {
		b.asked.again(i, at)
		return true
	}
	cost := amount{1, d.Rule.Pattern.chosen(folded)}
	of, total := rule.plus(cost), b.total.plus(cost)
	if l := b.limits; of.names > l.Names || of.bytes > l.Bytes || total.names > l.TotalNames || total.bytes > l.TotalBytes {
		return false
	}
	b.names[m] = b.asked.push(spent{rule: rule, mark: m, at: at, bytes: cost.bytes})
	b.rules[rule.text] = rule
	rule.amount, b.total = of, total
	return true
}

// spending is what is spent of a rule, or a new one that is not remembered yet.
func (b *Budget) spending(text string) *spending {
	if s := b.rules[text]; s != nil {
		return s
	}
	b.numbers++
	return &spending{text: text, number: b.numbers}
}

// forget drops the names whose minute is over. Of clocks that disagree it goes by the latest, which it returns.
func (b *Budget) forget(now time.Time) time.Duration {
	if b.start.IsZero() {
		b.start = now
	}
	b.latest = max(b.latest, now.Sub(b.start))
	before := len(b.names)
	for s := b.asked.front(); s != nil && b.latest-s.at >= budgetWindow; s = b.asked.front() {
		delete(b.names, s.mark)
		cost := amount{1, s.bytes}
		b.total = b.total.minus(cost)
		if s.rule.amount = s.rule.minus(cost); s.rule.names == 0 {
			delete(b.rules, s.rule.text)
		}
		b.asked.pop()
	}
	if before > 0 && len(b.names) == 0 {
		b.names, b.asked = map[mark]slot{}, queue{} // neither gets smaller else
	}
	return b.latest
}

// Question waits until one more question may be sent upstream for a name that the rule allowed. The error is the context's,
// or says that its deadline comes first. Rules without a pattern, and nil, share a rate.
func (b *Budget) Question(ctx context.Context, rule *Rule) error { return b.limiter(rule).Wait(ctx) }

// QuestionNow is Question where nothing has to be waited for; false: something has.
func (b *Budget) QuestionNow(rule *Rule) bool { return b.limiter(rule).Allow() }

func (b *Budget) limiter(rule *Rule) *rate.Limiter {
	text := ""
	if rule != nil {
		text = rule.Pattern.String()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if l := b.questions[text]; l != nil {
		return l
	}
	if len(b.questions) >= b.crowded {
		b.dropIdle()
	}
	l := rate.NewLimiter(rate.Limit(b.limits.Questions), b.limits.Questions)
	b.questions[text] = l
	return l
}

// dropIdle forgets the rules that have asked nothing for a second: they would start anew as they are.
func (b *Budget) dropIdle() {
	for text, l := range b.questions {
		if l.Tokens() >= float64(l.Burst()) {
			delete(b.questions, text)
		}
	}
	b.crowded = max(fewLimiters, 2*len(b.questions))
}

// chosen counts the bytes of a matching name that the pattern leaves open.
func (p Pattern) chosen(name string) int {
	switch p.kind {
	case exact:
		return 0
	case below, atAndUnder:
		return max(0, len(name)-len(p.body)-len("."))
	default:
		return len(name)
	}
}
