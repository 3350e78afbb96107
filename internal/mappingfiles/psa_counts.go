// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package mappingfiles

import (
	"math/big"
	"slices"
)

var psaColumns = []column{
	accountColumn,
	{name: "service", synonyms: []string{"servicename", "psaservice", "psaproduct", "psaproductname", "product", "productname", "item", "itemname"}},
	{name: "quantity", synonyms: []string{"qty", "units", "unitcount", "count", "seats", "billedquantity"}},
}

// readPSACounts reads an export of the PSA: account id → service → quantity, the sum of the lines of the service. The quantity is nil,
// which means unknown, when one of the lines has none. Lines without an account id belong to customers that have no company mapping.
func readPSACounts(file []byte) (map[string]map[string]*big.Float, error) {
	table, err := readTable(file, psaColumns)
	if err == nil {
		err = table.checkWidths()
	}
	if err != nil {
		return nil, err
	}
	decimalDot := table.hasDecimalDot()
	var wrong problems
	sums := map[string]map[string]*big.Rat{}
	for _, row := range table.rows {
		account := row.cells["account_id"]
		if account == "" {
			continue
		}
		service := readRequired(row, "service", &wrong)
		quantity, err := parseQuantity(row.cells["quantity"], decimalDot)
		if err != nil {
			wrong.add(row, "quantity", "%s", err)
		}
		if sums[account] == nil {
			sums[account] = map[string]*big.Rat{}
		}
		sums[account][service] = add(sums[account], service, quantity)
	}
	return numbers(sums), wrong.err()
}

// hasDecimalDot reports whether a dot begins the fraction of quantities. The separator of the cells tells the language of the spreadsheet: with
// commas between cells a comma in a quantity stands between thousands. A quantity that contradicts it leaves open what the others mean.
func (t table) hasDecimalDot() bool {
	return t.comma == ',' && !slices.ContainsFunc(t.rows, func(r row) bool { return hasDecimalComma(r.cells["quantity"]) })
}

// add returns the sum of a service with one more line. Unknown plus anything is unknown.
func add(sums map[string]*big.Rat, service string, quantity *big.Rat) *big.Rat {
	sum, known := sums[service]
	if !known {
		return quantity
	}
	if sum == nil || quantity == nil {
		return nil
	}
	return new(big.Rat).Add(sum, quantity)
}

func numbers(sums map[string]map[string]*big.Rat) map[string]map[string]*big.Float {
	counts := make(map[string]map[string]*big.Float, len(sums))
	for account, services := range sums {
		counts[account] = make(map[string]*big.Float, len(services))
		for service, sum := range services {
			counts[account][service] = nil
			if sum != nil {
				counts[account][service] = new(big.Float).SetPrec(512).SetRat(sum)
			}
		}
	}
	return counts
}
