package licensesync

// Rule 1, rules 1 and 2, gradient.md §3.6, gradient.md §3 and §5.
// Rules 1 and 7.
// The end of rule 9.
// The count of gradient.md §3.7.
// The answer of other.md §1.
// The count of §3.6.
// The answers of gradient.md §3.6 and §3.8.
