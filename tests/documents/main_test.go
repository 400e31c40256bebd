// Package documents tests that what is written for people is true of the tree: its links, its lists, the errors that it explains.
package documents

// root is the top of the tree.
const root = "../.."
