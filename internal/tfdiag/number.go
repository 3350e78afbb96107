package tfdiag

import "math/big"

// NumberText is how a message shows a number of a configuration. math/big spells out every digit before it rounds, which takes
// hours for 1e600000000, so a number of hundreds of digits is not spelled out.
func NumberText(number *big.Float) string {
	const most = 1024 // binary digits, before or after the point
	if exponent := number.MantExp(nil); exponent > most || exponent < -most {
		return "a number with hundreds of digits"
	}
	return number.Text('g', 20)
}
