// Package plain is the operator without a screen: a run told in lines of text
// or of JSON, and questions answered by policy, by a pipe, or by a person who
// types a number.
//
// It also prints, for people and for programs, what there is to see without a
// run: a plan, the status, past runs, the last lines of a run. The printers are
// functions from a value to lines; they ask nobody and know no clock. An error
// of the writer is left to whoever owns it: a run must not end because nobody
// listens any more.
//
// Every text is cleaned once more before it is printed. Nothing is ever
// overwritten: there is no carriage return and, unless asked for, no colour, so
// that logs, pipes and screen readers get what a terminal gets.
package plain
