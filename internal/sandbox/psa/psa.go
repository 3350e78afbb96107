// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

// Package psa simulates ConnectWise PSA, Autotask and HaloPSA for the sandbox: psa.md. Each shows the same customers, agreements and lines in its
// own shape, as the PSA of an MSP who has that one. All three only answer reads; what a client tries to write is refused and remembered.
//
// A person's approval of a card in Gradient changes the lines with [PSA.Approve].
package psa

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Names of the PSAs in requests, and in [PSA.Approve].
const (
	ConnectWise = "connectwise"
	Autotask    = "autotask"
	HaloPSA     = "halopsa"
)

// Names are the names of the three.
var Names = []string{ConnectWise, Autotask, HaloPSA}

// Customer is a company that the MSP bills.
type Customer struct {
	ID         int         `json:"id" yaml:"id"`
	Identifier string      `json:"identifier" yaml:"identifier"` // a short name; in ConnectWise only
	Name       string      `json:"name" yaml:"name"`
	Agreements []Agreement `json:"agreements" yaml:"agreements"`
}

// Agreement is a contract with a customer: an agreement in ConnectWise, a recurring service contract in Autotask, a recurring invoice in
// HaloPSA. Some properties exist in one PSA only; the others ignore them.
type Agreement struct {
	Name           string `json:"name" yaml:"name"`
	Starts         Date   `json:"starts" yaml:"starts"`
	Ends           Date   `json:"ends" yaml:"ends"` // the last day; none when empty
	Cancelled      bool   `json:"cancelled" yaml:"cancelled"`
	OneTime        bool   `json:"one_time" yaml:"one_time"`                 // ConnectWise: oneTimeFlag
	NoBillingCycle bool   `json:"no_billing_cycle" yaml:"no_billing_cycle"` // ConnectWise
	Parent         string `json:"parent" yaml:"parent"`                     // ConnectWise: name of the parent agreement
	BilledTo       int    `json:"billed_to" yaml:"billed_to"`               // id of the customer who pays, when it is another one
	Lines          []Line `json:"lines" yaml:"lines"`
}

// Line is what an agreement bills again and again.
type Line struct {
	Product    string  `json:"product" yaml:"product"` // name
	Quantity   float64 `json:"quantity" yaml:"quantity"`
	Starts     Date    `json:"starts" yaml:"starts"`         // that of the agreement when empty
	Ends       Date    `json:"ends" yaml:"ends"`             // the last day that is billed; none when empty
	Included   float64 `json:"included" yaml:"included"`     // ConnectWise: lessIncluded
	Bill       string  `json:"bill" yaml:"bill"`             // ConnectWise: billCustomer; Billable when empty
	Calculated int     `json:"calculated" yaml:"calculated"` // HaloPSA: recurring_invoice_quantity_type; the quantity is then what Halo counts
	OneTime    bool    `json:"one_time" yaml:"one_time"`     // HaloPSA
	Inactive   bool    `json:"inactive" yaml:"inactive"`     // HaloPSA
	Text       bool    `json:"text" yaml:"text"`             // HaloPSA: the line is a text without a product
	Bundled    bool    `json:"bundled" yaml:"bundled"`       // Autotask: the product is a bundle. HaloPSA: the line is a part of one
	Posted     bool    `json:"posted" yaml:"posted"`         // Autotask: the current period is posted already
	Period     int     `json:"period" yaml:"period"`         // Autotask: periodType of the service; monthly when 0
}

// Product is what lines bill.
type Product struct {
	Name       string
	Identifier string // a code that people type; the name when empty
}

// Credentials are what the three accept.
type Credentials struct {
	ConnectWiseCompany, ConnectWisePublicKey, ConnectWisePrivateKey, ConnectWiseClientID string
	AutotaskUsername, AutotaskSecret, AutotaskIntegrationCode                            string
	HaloTenant, HaloClientID, HaloClientSecret                                           string
}

// Options tune a PSA. All functions are required.
type Options struct {
	Credentials Credentials
	Switch      func(name string) string // value of a switch
	Now         func() time.Time
	Remember    func(secret string) // takes a token that was issued
	// AutotaskLimit is the number of requests to Autotask in any 60 minutes. Zero means 10,000.
	AutotaskLimit int
}

// PSA is the three PSAs of one MSP.
type PSA struct {
	options Options

	mu         sync.Mutex // guards all below
	book       book
	violations []string
	connected  []time.Time // requests to ConnectWise within the last minute
	autotask   autotaskState
	tokens     map[string]bool // of HaloPSA
}

// New returns the PSAs with these customers. The error is about customers that contradict each other.
func New(products []Product, customers []Customer, options Options) (*PSA, error) {
	p := &PSA{options: options, tokens: map[string]bool{}}
	p.autotask.running = map[string]int{}
	for _, product := range products {
		p.book.addProduct(product)
	}
	for _, customer := range customers {
		if err := p.book.put(customer); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// Put adds a customer, or replaces the one of its id with all agreements.
func (p *PSA) Put(customer Customer) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.book.put(customer)
}

// Remove removes a customer.
func (p *PSA) Remove(id int) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.book.remove(id)
}

// Customers returns the customers as they were put, without what was approved since.
func (p *PSA) Customers() []Customer {
	p.mu.Lock()
	defer p.mu.Unlock()
	var customers []Customer
	for _, held := range p.book.customers {
		customers = append(customers, held.Customer)
	}
	return customers
}

// When an approval takes effect: see [PSA.Approve].
const (
	EffectiveDefault   = ""           // as Gradient says of that PSA
	EffectiveAtOnce    = "at-once"    // today
	EffectiveNextMonth = "next-month" // the first of next month
)

// Approve sets the quantity of a customer's product in all three PSAs, as Gradient does when a person approves a card: psa.md §1. The first
// line of the product that is in force is changed, because a card is one line.
func (p *PSA) Approve(customerID int, product string, quantity float64, effective string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	line, err := p.book.card(customerID, product, p.today())
	if err != nil {
		return err
	}
	for _, name := range Names {
		line.change(name, p.effectiveDay(name, effective), quantity)
	}
	return nil
}

// effectiveDay returns the day from which an approval of today counts. Nothing says it of HaloPSA, whose lines have no date for a quantity.
func (p *PSA) effectiveDay(name, effective string) Date {
	if effective == EffectiveDefault {
		effective = EffectiveAtOnce
		if name == Autotask || name == ConnectWise && p.options.Switch("connectwise-effective") == "next-month" {
			effective = EffectiveNextMonth
		}
	}
	if effective == EffectiveNextMonth {
		return p.today().firstOfNextMonth()
	}
	return p.today()
}

// Billed returns what a PSA bills on a day: customer id → product → quantity. It adds up all lines in force, also those that are not charged.
func (p *PSA) Billed(name string, on Date) map[int]map[string]float64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	billed := map[int]map[string]float64{}
	for _, line := range p.book.lines() {
		if line.Text || line.agreement.Cancelled || !line.inForce(on) {
			continue
		}
		id := line.agreement.customer.ID
		if billed[id] == nil {
			billed[id] = map[string]float64{}
		}
		billed[id][line.Product] += line.quantity(name, on)
	}
	return billed
}

// Violations returns what clients tried to write. The provider only reads, so a test ends with none.
func (p *PSA) Violations() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.violations)
}

// Today is the day in UTC.
func (p *PSA) Today() Date { return p.today() }

func (p *PSA) today() Date { return dateOf(p.options.Now()) }

// violate remembers a write and refuses it. The caller holds no lock.
func (p *PSA) violate(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.violations = append(p.violations, r.Method+" "+r.URL.Path)
	answer(w, http.StatusMethodNotAllowed, object{"message": "this sandbox is read-only: a client that must not write sent " + r.Method})
}

// unsimulated answers what the contract has and the sandbox does not: 501, which no PSA sends.
func unsimulated(w http.ResponseWriter, what, section string) {
	answer(w, http.StatusNotImplemented, object{"message": what + " is not simulated by this sandbox", "contract": section})
}

// object is a JSON object.
type object map[string]any

// reference is an object with an id and a name, as ConnectWise refers to things.
func reference(id int, name string) object { return object{"id": id, "name": name} }

// at returns the value of a path such as company/id. Nothing is nil.
func (o object) at(path []string) any {
	value := o[path[0]]
	if inner, is := value.(object); is && len(path) > 1 {
		return inner.at(path[1:])
	}
	if len(path) > 1 {
		return nil
	}
	return value
}

func answer(w http.ResponseWriter, status int, value any) {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // every value can be encoded
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(text) // the recorder does not fail
}

// within forgets the requests before a span of time and reports whether another one stays below the limit. It counts that one.
func within(hits *[]time.Time, now time.Time, span time.Duration, limit int) bool {
	*hits = slices.DeleteFunc(*hits, func(hit time.Time) bool { return now.Sub(hit) >= span })
	if len(*hits) >= limit {
		return false
	}
	*hits = append(*hits, now)
	return true
}

func sortByID(rows []object) {
	slices.SortFunc(rows, func(a, b object) int { return cmp.Compare(a["id"].(int), b["id"].(int)) })
}

func host(r *http.Request) string {
	if r.TLS == nil {
		return "http://" + r.Host
	}
	return "https://" + r.Host
}

func problem(format string, args ...any) error { return fmt.Errorf(format, args...) }
