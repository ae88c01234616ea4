package tui

import (
	"strings"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
)

// press is a key by its name, as a Latin keyboard would have sent it.
type press string

// String returns the name.
func (p press) String() string { return string(p) }

// pressed returns the name of a key. A letter from a keyboard in Hangul mode
// counts as the Latin letter on the same key.
func pressed(k tea.KeyPressMsg) press {
	name := k.String()
	if utf8.RuneCountInString(name) != 1 {
		return press(name)
	}
	r, _ := utf8.DecodeRuneInString(name)
	if r < utf8.RuneSelf {
		return press(name)
	}
	if base := k.BaseCode; base >= 'a' && base <= 'z' { // told by terminals with the Kitty protocol
		if k.Mod.Contains(tea.ModShift) {
			return press(strings.ToUpper(string(base)))
		}
		return press(string(base))
	}
	if i := strings.IndexRune(jamo, r); i >= 0 {
		return press(latin[utf8.RuneCountInString(jamo[:i])])
	}
	return press(name)
}

// The two-set Hangul layout (KS X 5002) beside the Latin keys. Only seven keys
// give another letter with shift; for the others an upper-case letter cannot be told.
const (
	jamo  = "ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔㅁㄴㅇㄹㅎㅗㅓㅏㅣㅋㅌㅊㅍㅠㅜㅡㅃㅉㄸㄲㅆㅒㅖ"
	latin = "qwertyuiopasdfghjklzxcvbnmQWERTOP"
)
