package billing_test

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
)

// An alarm names the accounts that change most, at most ten, and those only.
func TestRule10AlarmsNameWhoChangesMost(t *testing.T) {
	t.Parallel()
	task := billing.Task{
		Ledger: billing.Ledger{pair("small", "S"): 3, pair("steady", "S"): 5, pair("big", "S"): 9, pair("big", "T"): 1, pair("also small", "S"): 3},
		Desired: billing.Counts{
			"small": {"S": 1}, "steady": {"S": 5}, "big": {"S": 2}, "also small": {"S": 1, "T": 12}},
	}
	want := []billing.Alarm{
		{What: "units", Direction: "fall", By: 12, From: 21, Limit: 20, Accounts: []string{"big 10 -> 2", "also small 3 -> 1", "small 3 -> 1"}},
		{What: "units", Direction: "rise", By: 12, From: 21, Limit: 50, Accounts: []string{"also small 0 -> 12"}},
	}
	guard := billing.Guard{MaxDecreasePercent: 20, MaxIncreasePercent: 50}
	if got := guard.Check(task); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestRule10AlarmsNameTenAccounts(t *testing.T) {
	t.Parallel()
	for accounts, want := range map[int]string{
		10: "units in the ledger would fall by 10 of 20 (50 %, allowed are 20 %): a0 2 -> 1, a1 2 -> 1, a2 2 -> 1, a3 2 -> 1, a4 2 -> 1, " +
			"a5 2 -> 1, a6 2 -> 1, a7 2 -> 1, a8 2 -> 1, a9 2 -> 1",
		12: "units in the ledger would fall by 12 of 24 (50 %, allowed are 20 %): a0 2 -> 1, a1 2 -> 1, a10 2 -> 1, a11 2 -> 1, a2 2 -> 1, " +
			"a3 2 -> 1, a4 2 -> 1, a5 2 -> 1, a6 2 -> 1, a7 2 -> 1 and 2 more",
	} {
		task := billing.Task{Ledger: billing.Ledger{}, Desired: billing.Counts{}}
		for i := range accounts {
			account := fmt.Sprintf("a%d", i)
			task.Ledger[pair(account, "S")] = 2
			task.Desired[account] = map[string]int64{"S": 1}
		}
		alarms := billing.Guard{MaxDecreasePercent: 20, MaxIncreasePercent: 50}.Check(task)
		if len(alarms) != 1 || alarms[0].String() != want {
			t.Errorf("%d accounts: got %v, want %s", accounts, alarms, want)
		}
	}
}

// A sweep is checked when it would leave the integration without any unit, also when nothing else is pushed.
func TestRule10SweepAlarms(t *testing.T) {
	t.Parallel()
	guard := billing.Guard{MaxDecreasePercent: 99, MaxIncreasePercent: 50}
	everything := []billing.Pair{pair("b", "S"), pair("a", "S"), pair("a", "T"), pair("c", "S")}
	for name, test := range map[string]struct {
		task billing.Task
		want []billing.Alarm
	}{
		"nothing is counted": {
			billing.Task{Desired: billing.Counts{"a": {}}, Sweep: everything},
			[]billing.Alarm{{What: "all units of the integration, whatever they are,", Direction: "fall", Limit: 99, Accounts: []string{"a", "b", "c"}}},
		},
		"only zeros are counted": {
			billing.Task{Ledger: billing.Ledger{pair("c", "S"): 0}, Desired: billing.Counts{"c": {"S": 0}}, Sweep: everything},
			[]billing.Alarm{{What: "all units of the integration, whatever they are,", Direction: "fall", Limit: 99, Accounts: []string{"a", "b"}}},
		},
		"a unit is counted, and accepted already": {
			billing.Task{Ledger: billing.Ledger{pair("c", "S"): 1}, Desired: billing.Counts{"c": {"S": 1}}, Sweep: everything}, nil,
		},
		"nothing is swept": {billing.Task{Desired: billing.Counts{"a": {}}}, nil},
	} {
		if got := guard.Check(test.task); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: got %+v, want %+v", name, got, test.want)
		}
	}
}

// A rise is measured from the refused push, and a smaller number than that is neither rise nor fall.
func TestRule10FewerThanWereRefused(t *testing.T) {
	t.Parallel()
	task := billing.Task{
		Ledger:  billing.Ledger{pair("a", "S"): 5},
		Refused: billing.Ledger{pair("a", "T"): 90},
		Desired: billing.Counts{"a": {"S": 5, "T": 10}},
	}
	if alarms := (billing.Guard{}).Check(task); len(alarms) != 0 {
		t.Errorf("got %v, want none", alarms)
	}
}
