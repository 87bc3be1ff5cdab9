// Package house holds no code, only tests of the rules of this repository:
// allowed imports of each layer, maximum lengths of files and functions,
// comments, plain English, and forbidden words.
package house
