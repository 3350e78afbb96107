// Package publication puts the license counts of mapped companies into CloudRadial, as rows of a flexible asset type: the
// one documented place for them, where customers and account managers look. It reads them back, so an edit in the portal is
// drift.
package publication
