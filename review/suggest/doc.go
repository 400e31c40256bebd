// Package suggest finds the smallest policy that would have allowed what audit logs say was denied.
//
// A name gets a rule of its own, unless more siblings of it were denied than a person reads: then their parent gets a wildcard, but
// none at or above a public suffix, nor above what looks like data. Set apart, and never rules, are names that look like data, names that a rule of the policy
// denies (no other outweighs it), what a search list made of another name, and whatever no rule can name; for a person to judge.
//
// # Limitations
//
//   - What looks like data is guessed (see [review.LooksLikeData]), and so is what a search list made. A program that knows how the
//     guess is made can ask for a name that looks like any other: each rule is a person's decision.
//   - The memory is bounded: at most [MaxNames] names are looked at, and of one domain not many more than look like data.
//   - Whether a name is still asked for when another one is answered cannot be seen in a log: of names that a program asks for in
//     turn, all are suggested.
package suggest
