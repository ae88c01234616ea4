package probe

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"time"
)

// site is one URL and the routes that lead to it.
type site struct {
	config     Config
	name       string // the URL without its password
	host, port string
	secure     *tls.Config
	once, more []byte // the request, see asker

	askers []*asker
	notes  []string
}

func newSite(ctx context.Context, c Config, text string) (*site, error) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, err
	}
	s := &site{config: c, name: u.Redacted(), host: u.Hostname(), port: u.Port()}
	switch u.Scheme {
	case "http":
		s.port = cmp.Or(s.port, "80")
	case "https":
		s.port = cmp.Or(s.port, "443")
		s.secure = &tls.Config{}
		if c.TLS != nil {
			s.secure = c.TLS.Clone()
		}
		s.secure.ServerName, s.secure.NextProtos = s.host, []string{"http/1.1"}
	}
	if s.port == "" || s.host == "" {
		return nil, fmt.Errorf("%q is not a URL of http or https", s.name)
	}
	if s.once, err = request(ctx, u, true); err == nil {
		s.more, err = request(ctx, u, false)
	}
	return s, err
}

// request returns the bytes of a request. The last one on a connection says so.
func request(ctx context.Context, u *url.URL, last bool) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	req.Close = last
	req.Header.Set("User-Agent", "rota")
	if u.User != nil {
		password, _ := u.User.Password()
		req.SetBasicAuth(u.User.Username(), password)
	}
	var b bytes.Buffer
	err = req.Write(&b)
	return b.Bytes(), err
}

// addresses resolves a host; the port is the URL's. They come sorted, as a
// resolver may give them in another order each time.
func (s *site) addresses(ctx context.Context, host string) ([]string, error) {
	texts, err := s.config.Resolver.LookupHost(ctx, host)
	if err != nil {
		return nil, err
	}
	var found []netip.Addr
	for _, text := range texts {
		a, err := netip.ParseAddr(text)
		if err != nil {
			return nil, fmt.Errorf("lookup %s: %w", host, err)
		}
		found = append(found, a.Unmap())
	}
	slices.SortFunc(found, netip.Addr.Compare)
	var all []string
	for _, a := range slices.Compact(found) {
		all = append(all, net.JoinHostPort(a.String(), s.port))
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("lookup %s: no address", host)
	}
	return all, nil
}

// trial is an asker and what its address has answered for the first time.
type trial struct {
	*asker
	status int
	err    error
}

// try asks an address once.
func (s *site) try(ctx context.Context, address string, timeout time.Duration) trial {
	a := &asker{
		route:    Route{URL: s.name, Address: address},
		interval: time.Second / time.Duration(s.config.Rate),
		timeout:  timeout,
		dialer:   s.config.Dialer,
		secure:   s.secure,
		once:     s.once,
		more:     s.more,
		idle:     make(chan *conn, s.config.InFlight),
		slots:    make(chan struct{}, s.config.InFlight),
	}
	status, _, err := a.ask(ctx, false)
	return trial{a, status, err}
}
