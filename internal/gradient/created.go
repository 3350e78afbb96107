package gradient

import "sync"

// made remembers what this client created. Nothing older than the process can belong to it.
type made struct {
	mu  sync.Mutex
	ids map[string]bool
}

func (m *made) add(id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ids == nil {
		m.ids = map[string]bool{}
	}
	m.ids[id] = true
}

func (m *made) has(id string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.ids[id]
}

// CreatedAccount reports whether this client created the account of that id.
func (c *Client) CreatedAccount(id string) bool { return c.madeAccounts.has(id) }

// CreatedService reports whether this client created the service of that id.
func (c *Client) CreatedService(id string) bool { return c.madeServices.has(id) }

// RequestsPerSecond is the pace of the client, 1 to 100.
func (c *Client) RequestsPerSecond() int { return c.requestsPerSecond }
