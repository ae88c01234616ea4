package tui

import (
	"slices"
	"testing"
	"time"
)

func TestCourseTakesNoMoreRoomThanAScreen(t *testing.T) {
	t.Parallel()
	var c course
	for second := range 10_000 {
		c.put(noon.Add(time.Duration(second)*time.Second), second/10)
	}
	if len(c.parts) > courseColumns || cap(c.parts) > 2*courseColumns {
		t.Errorf("%d columns, room for %d", len(c.parts), cap(c.parts))
	}
	if !slices.IsSorted(c.parts) || c.parts[len(c.parts)-1] != 999 {
		t.Errorf("what only rose is %v", c.parts)
	}
	if whole := c.span * time.Duration(len(c.parts)); whole < 10_000*time.Second || whole > 10_000*time.Second+c.span {
		t.Errorf("%d columns of %v stand for %v", len(c.parts), c.span, whole)
	}
	few, span := c.fit(50)
	if len(few) > 50 || few[len(few)-1] != 999 || span*time.Duration(len(few)) < 10_000*time.Second {
		t.Errorf("in 50 columns of %v: %v", span, few)
	}
	c.put(noon.Add(1000*time.Hour), 7) // after a laptop has slept
	if len(c.parts) > courseColumns || c.parts[len(c.parts)-1] != 7 {
		t.Errorf("after a long gap: %v", c.parts)
	}
	c.put(noon.Add(-time.Hour), 3) // a clock that was set back
}
