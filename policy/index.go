package policy

import (
	"hash/maphash"
	"math/bits"
)

// index finds the first of the rules whose patterns are made of a text, of as many as it has room for. It is small, since what is looked for in it is all over
// the place: of a hundred thousand rules it takes half a MiB, where a map takes four. The zero value is empty.
type index struct {
	lists [][]Rule
	seed  maphash.Seed
	slots []uint32 // of each rule its number from 1, and part of its hash above; in the slot that its hash says or the next free one, which is 0
	mask  uint32   // of the number
}

// newIndex has room for n of the rules in lists: four of five slots are taken then.
func newIndex(lists [][]Rule, n int) index {
	if n == 0 {
		return index{}
	}
	all := 0
	for _, list := range lists {
		all += len(list)
	}
	return index{lists, maphash.MakeSeed(), make([]uint32, 1<<bits.Len(uint(n+n/4))), 1<<bits.Len(uint(all)) - 1}
}

// slot is that of the rule with a body, or the free one where it would be, with what stands above its number.
func (x *index) slot(body string) (slot *uint32, above uint32) {
	hash := maphash.String(x.seed, body)
	above = uint32(hash>>32) &^ x.mask
	for i := hash; ; i++ {
		slot = &x.slots[i&uint64(len(x.slots)-1)]
		if *slot == 0 || *slot&^x.mask == above && x.rule(*slot).Pattern.body == body {
			return slot, above
		}
	}
}

// rule is the one that a slot has the number of.
func (x *index) rule(slot uint32) *Rule {
	n := int(slot&x.mask) - 1
	for _, list := range x.lists {
		if n < len(list) {
			return &list[n]
		}
		n -= len(list)
	}
	return nil // there are no other numbers
}

// add adds the rule with a number, from 0, and says whether there was none with its body before.
func (x *index) add(n int, body string) bool {
	slot, above := x.slot(body)
	if *slot != 0 {
		return false
	}
	*slot = above | uint32(n+1)
	return true
}

// find is the rule with a body, or nil.
func (x *index) find(body string) *Rule {
	if x.slots == nil {
		return nil
	}
	if slot, _ := x.slot(body); *slot != 0 {
		return x.rule(*slot)
	}
	return nil
}
