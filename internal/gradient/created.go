package gradient

func (c *Client) RequestsPerSecond() int { return 100 }
func (c *Client) CreatedAccount(id string) bool { return id == "new" }
func (c *Client) CreatedService(id string) bool { return false }
