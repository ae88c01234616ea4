package script

import (
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"rota/inventory"
	"rota/rollout"
)

// work writes the steps of a server, unless an earlier batch has done them, its
// health check, and the proof of its version.
func (p *writer) work(name string, steps bool) error {
	t := p.Plan.Target(name)
	if t.Leaves {
		return nil
	}
	if steps {
		p.actions(t.Steps)
	}
	if err := p.health(*t); err != nil {
		return err
	}
	if !steps || len(t.Steps) == 0 {
		return nil
	}
	return p.proof(*t)
}

func (p *writer) actions(list []rollout.Action) {
	for _, a := range list {
		first, _, _ := strings.Cut(a.Words(), "\n")
		p.say("say %s", quote("  "+a.Server+": "+first))
		switch s := p.Inventory.Server(a.Server); {
		case a.Upload != "":
			p.upload(a, *s)
		case a.Reboot > 0:
			p.reboot(a, *s)
		default:
			p.note(a)
			p.text.WriteString(heredoc(on(a.Sudo, s.SSH, p.Inventory.SSH.User), p.vars(s.Name), "set -eu\n"+a.Run))
		}
	}
}

// note tells what a person has to do about a step in rota's place.
func (p *writer) note(a rollout.Action) {
	var said []string
	if a.Timeout > 0 {
		said = append(said, "rota gives it "+a.Timeout.String())
	}
	if a.Retry > 0 {
		said = append(said, fmt.Sprintf("it may be tried %d times more", a.Retry))
	}
	if a.Once {
		said = append(said, "it is run once, never again unasked")
	}
	if len(said) > 0 {
		p.comment(strings.Join(said, "; ") + ".")
	}
}

func (p *writer) upload(a rollout.Action, s inventory.Server) {
	from, to := a.Upload, a.To
	for _, v := range p.all(s) {
		from = strings.ReplaceAll(from, "${"+v.Name+"}", v.Value)
		to = strings.ReplaceAll(to, "${"+v.Name+"}", v.Value)
	}
	if !filepath.IsAbs(from) {
		from = filepath.Join(p.Folder, from)
	}
	p.say("upload %s %s %s", quote(from), quote(to), strings.TrimPrefix(on(a.Sudo, s.SSH, p.Inventory.SSH.User), "on "))
}

// reboot writes what reboots a host and waits until it has another boot.
func (p *writer) reboot(a rollout.Action, s inventory.Server) {
	const boot = "cat /proc/sys/kernel/random/boot_id"
	login := on("", s.SSH, p.Inventory.SSH.User)
	p.say("was=$(echo '%s' | %s)", boot, login)
	p.say("echo 'PATH=$PATH:/usr/sbin:/sbin; shutdown -r now' | %s || :", on(a.Sudo, s.SSH, p.Inventory.SSH.User))
	p.say("end=$(($(date +%%s) + %s))", whole(a.Reboot))
	p.say("until is=$(echo '%s' | %s 2>/dev/null) && [ \"$is\" != \"$was\" ]; do", boot, login)
	p.say("\t[ \"$(date +%%s)\" -lt \"$end\" ] || { say %s; exit 1; }\n\tsleep 3\ndone", quote(a.Server+" has not come back"))
}

// all lists the variables of a server's commands, as a run gives them.
func (p *writer) all(s inventory.Server) []inventory.Var {
	t := rollout.Target{Server: s.Name, To: p.Plan.Version}
	if target := p.Plan.Target(s.Name); target != nil {
		t = *target
	}
	return rollout.Vars(p.Inventory, s, t, p.Plan.Kind, byHand)
}

// vars is the call of what prints the commands that set a server's variables.
func (p *writer) vars(server string) string {
	i := slices.IndexFunc(p.Inventory.Servers, func(s inventory.Server) bool { return s.Name == server })
	return fmt.Sprintf("vars_%d\n", i+1)
}

// allVars writes the functions that print the variables of the servers, and the
// secrets with them.
func (p *writer) allVars(body string) {
	for _, s := range p.Inventory.Servers {
		call := strings.TrimSpace(p.vars(s.Name))
		if strings.Contains(body, "\n"+call+"\n") {
			p.varsAre(s.Name, call, p.all(s))
		}
	}
	if strings.Contains(body, "\n"+varsOfRun+"\n") {
		p.runVars()
	}
}

// health writes the wait for a server's own health check.
func (p *writer) health(t rollout.Target) error {
	h, s := p.Inventory.Health, p.Inventory.Server(t.Server)
	healthy := "(\nset -eu\n" + h.Run + "\n)"
	switch {
	case h.None:
		return nil
	case h.HTTP != "":
		asked, err := p.expand(h.HTTP, *s)
		if err != nil {
			return err
		}
		healthy = get(asked, h)
	case h.TCP != "":
		address, err := p.expand(h.TCP, *s)
		if err != nil {
			return err
		}
		healthy = "took=$(curl -q -s --max-time 1 -o /dev/null -w '%{time_connect}' " + quote("telnet://"+address) + " </dev/null) || :\n" +
			"case $took in '' | 0 | 0.000*) echo 'not connected'; return 1 ;; esac"
	}
	p.say("say %s", quote("  "+t.Server+": healthy?"))
	text := "set -eu\nhealthy() {\n" + healthy + "\n}\n" +
		fmt.Sprintf("passed=0 end=$(($(date +%%s) + %s))\n", whole(h.Timeout)) +
		"while :; do\n" +
		"\tif why=$(healthy 2>&1); then passed=$((passed + 1)); else passed=0; fi\n" +
		fmt.Sprintf("\t[ \"$passed\" -lt %d ] || break\n", h.Passes) +
		fmt.Sprintf("\t[ \"$(date +%%s)\" -lt \"$end\" ] || { echo %s\"$why\" >&2; exit 1; }\n", quote(t.Server+" is not healthy: ")) +
		fmt.Sprintf("\tsleep %s 2>/dev/null || sleep 1\ndone\n", seconds(h.Interval))
	p.text.WriteString(heredoc(on("", s.SSH, p.Inventory.SSH.User), p.vars(s.Name), text))
	return nil
}

// get writes the commands that ask by HTTP and judge the answer.
func get(asked string, h inventory.Health) string {
	args := []string{"-q", "-sS", "--noproxy", "*", "--max-time", "5", "-A", "rota", "-w", `\n%{http_code}`}
	if h.Insecure {
		args = append(args, "-k")
	}
	for _, v := range h.Headers {
		if u, err := url.Parse(asked); err == nil && strings.EqualFold(v.Name, "Host") {
			args = append(args, "--connect-to", "::"+hostPort(u)) // the name in TLS is that of the URL
			u.Host = v.Value
			asked = u.String()
		} else {
			args = append(args, "-H", v.Name+": "+v.Value)
		}
	}
	var patterns []string
	for _, r := range h.Expect {
		if r.From == r.To {
			patterns = append(patterns, fmt.Sprint(r.From))
		} else {
			patterns = append(patterns, fmt.Sprintf("%d??", r.From/100))
		}
	}
	text := "nl='\n'\nanswer=$(curl " + words(append(args, "--url", asked)) + ") || return 1\n" +
		"case ${answer##*\"$nl\"} in " + strings.Join(patterns, " | ") + ") ;; *) echo \"status ${answer##*\"$nl\"}\"; return 1 ;; esac"
	if h.Body != "" {
		text += "\ncase ${answer%\"$nl\"*} in *" + quote(h.Body) + "*) ;; *) echo 'another body'; return 1 ;; esac"
	}
	return text
}

func hostPort(u *url.URL) string {
	if u.Port() != "" {
		return u.Host
	}
	if u.Scheme == "https" {
		return net.JoinHostPort(u.Hostname(), "443")
	}
	return net.JoinHostPort(u.Hostname(), "80")
}

// proof writes the question what a server runs after its steps.
func (p *writer) proof(t rollout.Target) error {
	how, s := p.Inventory.Deploy.Version, p.Inventory.Server(t.Server)
	command := "(\nset -eu\n" + how.Run + "\n)"
	switch {
	case !how.Given() || t.To == "":
		return nil
	case how.HTTP != "":
		asked, err := p.expand(how.HTTP, *s)
		if err != nil {
			return err
		}
		command = "curl -q -fsS --noproxy '*' --max-time 10 -A rota --url " + quote(asked)
	}
	text := "set -eu\nis=$(\n" + command + "\n)\n" +
		fmt.Sprintf("[ \"$is\" = %s ] || { echo %s\"$is\" >&2; exit 1; }\n", quote(t.To), quote(t.Server+" runs "))
	p.text.WriteString(heredoc(on("", s.SSH, p.Inventory.SSH.User), p.vars(s.Name), text))
	return nil
}

// expand puts a server's values in the place of their names.
func (p *writer) expand(text string, s inventory.Server) (string, error) {
	vars := p.all(s)
	return inventory.Expand(text, func(name string) (string, bool) {
		i := slices.IndexFunc(vars, func(v inventory.Var) bool { return v.Name == name })
		if i < 0 {
			return "", false
		}
		return vars[i].Value, true
	})
}
