package policy

import (
	"container/list"
	"context"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// budgetWindow is how long a name counts after it was asked for last.
const budgetWindow = time.Minute

// Budget bounds what a sandbox can say in the names that wildcards let it choose: distinct names a minute and the bytes that
// the wildcard stands for, of each rule and of all; and how often any rule leads to a question upstream. Rules are told apart
// by their patterns' texts, so that a budget outlives the set that they came from. It is safe for concurrent use, and holds no
// more than Limits.TotalNames names.
type Budget struct {
	mu     sync.Mutex
	limits Limits
	asked  *list.List // of *spent, by the time of the last asking
	names  map[spentKey]*list.Element
	rules  map[string]amount
	total  amount
	latest time.Time

	questions map[string]*rate.Limiter
	crowded   int // the size of questions at which idle ones are dropped
}

type spentKey struct{ rule, name string }

// spent is a name that counts.
type spent struct {
	spentKey
	bytes int
	at    time.Time
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
		limits: limits.orDefault(), asked: list.New(), names: map[spentKey]*list.Element{}, rules: map[string]amount{},
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
// any minute than the limits say. A rule that is one name costs nothing, its service labels neither: they are of a bounded
// set. What is denied may not be asked for. Of *.d and **.d the bytes are those of what stands before d, without the last dot,
// and of other wildcards those of the whole name.
func (b *Budget) Spend(d Decision, name string, now time.Time) bool {
	if d.Effect != Allow || d.Rule == nil || d.Rule.Pattern.Exact() {
		return d.Effect == Allow
	}
	folded, _ := fold(name)
	b.mu.Lock()
	defer b.mu.Unlock()
	now = b.forget(now)
	key := spentKey{d.Rule.Pattern.String(), folded}
	if e := b.names[key]; e != nil {
		e.Value.(*spent).at = now
		b.asked.MoveToBack(e)
		return true
	}
	cost := amount{1, d.Rule.Pattern.chosen(folded)}
	rule, total := b.rules[key.rule].plus(cost), b.total.plus(cost)
	if l := b.limits; rule.names > l.Names || rule.bytes > l.Bytes || total.names > l.TotalNames || total.bytes > l.TotalBytes {
		return false
	}
	key.name = strings.Clone(key.name) // it may be a part of a larger message
	b.names[key] = b.asked.PushBack(&spent{key, cost.bytes, now})
	b.rules[key.rule], b.total = rule, total
	return true
}

// forget drops the names whose minute is over. Of clocks that disagree it goes by the latest, which it returns.
func (b *Budget) forget(now time.Time) time.Time {
	if now.Before(b.latest) {
		now = b.latest
	}
	b.latest = now
	for e := b.asked.Front(); e != nil && now.Sub(e.Value.(*spent).at) >= budgetWindow; e = b.asked.Front() {
		s := b.asked.Remove(e).(*spent)
		delete(b.names, s.spentKey)
		cost := amount{1, s.bytes}
		b.total = b.total.minus(cost)
		if b.rules[s.rule] = b.rules[s.rule].minus(cost); b.rules[s.rule].names == 0 {
			delete(b.rules, s.rule)
		}
	}
	return now
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
