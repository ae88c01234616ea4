package plain

import (
	"io"
	"time"

	"rota/lb"
	"rota/record"
	"rota/survey"
)

// The object that `rota status --output json` prints. What nobody can tell is
// left out.
type (
	statusObject struct {
		App         string                   `json:"app"`
		Environment string                   `json:"environment,omitempty"`
		At          time.Time                `json:"at"`
		Servers     []serverObject           `json:"servers"`
		Balancers   []balancerObject         `json:"balancers"`
		Versions    map[string]versionObject `json:"versions"`
		Lock        *lockObject              `json:"lock"`
	}
	serverObject struct {
		Name      string              `json:"name"`
		Group     string              `json:"group,omitempty"`  // the first
		Groups    []string            `json:"groups,omitempty"` // where there are several
		Version   string              `json:"version,omitempty"`
		Reachable *bool               `json:"reachable,omitempty"`
		Healthy   *bool               `json:"healthy,omitempty"`
		Error     string              `json:"error,omitempty"`
		Rotation  string              `json:"rotation"`
		Balancers map[string]atObject `json:"balancers"`
		Hold      *holdObject         `json:"hold,omitempty"`
		Idle      bool                `json:"idle,omitempty"` // out of rotation, as wanted
	}
	atObject struct {
		State    lb.State `json:"state"`
		Weight   *int     `json:"weight,omitempty"`
		Sessions *int     `json:"sessions,omitempty"`
		Rate     *int     `json:"rate,omitempty"`
		Note     string   `json:"note,omitempty"`
	}
	balancerObject struct {
		Name      string `json:"name"`
		Kind      string `json:"kind,omitempty"`
		Reachable bool   `json:"reachable"`
		Version   string `json:"version,omitempty"`
		Error     string `json:"error,omitempty"`
	}
	versionObject struct {
		Servers int     `json:"servers"`
		Share   float64 `json:"share"`
	}
	lockObject struct {
		By      string    `json:"by"`
		Since   time.Time `json:"since"`
		Run     string    `json:"run,omitempty"`
		Version string    `json:"version,omitempty"`
		Message string    `json:"message,omitempty"`
		Manual  bool      `json:"manual,omitempty"`
	}
	holdObject struct {
		By    string    `json:"by"`
		Since time.Time `json:"since"`
		Why   string    `json:"why"`
	}
)

// StatusJSON prints how everything stands as one JSON object on one line.
func StatusJSON(w io.Writer, s survey.Snapshot) error {
	o := statusObject{
		App: s.App, Environment: s.Environment, At: s.At.UTC(),
		Servers: []serverObject{}, Balancers: []balancerObject{}, Versions: map[string]versionObject{},
		Lock: lockOf(s.Lock),
	}
	for _, sv := range s.Servers {
		o.Servers = append(o.Servers, serverOf(sv))
	}
	for _, v := range s.Balancers {
		b := balancerObject{Name: v.Name, Kind: v.Info.Kind, Version: v.Info.Version, Reachable: v.Err == nil}
		if v.Err != nil {
			b.Error = v.Err.Error()
		}
		o.Balancers = append(o.Balancers, b)
	}
	for _, v := range s.Versions {
		o.Versions[or(v.Version, "unknown")] = versionObject{v.Servers, v.Share}
	}
	return encoder(w).Encode(o)
}

func serverOf(s survey.Server) serverObject {
	o := serverObject{
		Name: s.Name, Version: s.Version, Error: s.Error,
		Rotation: rotation(s), Idle: s.Idle, Balancers: map[string]atObject{},
	}
	if len(s.Groups) > 0 {
		o.Group = s.Groups[0]
	}
	if len(s.Groups) > 1 {
		o.Groups = s.Groups
	}
	if s.Asked {
		o.Reachable, o.Healthy = &s.Reachable, &s.Healthy
	}
	if s.Hold != nil {
		o.Hold = &holdObject{s.Hold.By, s.Hold.Since, s.Hold.Why}
	}
	for _, a := range s.At {
		o.Balancers[a.Balancer] = atObject{
			State: a.State, Note: a.Note,
			Weight: known(a.Weight), Sessions: known(a.Sessions), Rate: known(a.Rate),
		}
	}
	return o
}

func lockOf(h *record.Held) *lockObject {
	if h == nil {
		return nil
	}
	return &lockObject{h.Owner, h.Since, h.Run, h.Version, h.Message, h.Manual}
}

// known returns nil for a figure that the balancer cannot tell.
func known(n int) *int {
	if n < 0 {
		return nil
	}
	return &n
}
