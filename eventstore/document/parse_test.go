package document

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		" null\n":                          `null`,
		"\t[ 1 , true,false , \"x\" ]\r\n": `[1,true,false,"x"]`,
		`{ }`:                              `{}`,
		`[ ]`:                              `[]`,
		`{"b":1, "a" : {"10":0,"9":0} }`:   `{"a":{"9":0,"10":0},"b":1}`,
		`"\u0041\/\"\\\b\f\n\r\t\u001f"`:   `"A/\"\\\b\f\n\r\t\u001f"`,
		`"\ud83d\ude00 \uD83D\uDE00"`:      `"😀 😀"`,
		`"é😀<&>` + "\x7f" + `"`:            `"é😀<&>` + "\x7f" + `"`,
		"\"\u2028\u2029\"":                 `"\u2028\u2029"`,
		`{"\u2028":1,"a\"":2}`:             `{"a\"":2,"\u2028":1}`,
		// Half a surrogate pair, alone, before another character, twice, and the wrong way round.
		`"\ud800"`: "\"\uFFFD\"", `"\udc00x"`: "\"\uFFFDx\"", `"\ud800\n"`: "\"\uFFFD\\n\"",
		`"\ud800\ud800\udc00"`: "\"\uFFFD\U00010000\"", `"\ude00\ud83d"`: "\"\uFFFD\uFFFD\"", `"\ud800\u0041"`: "\"\uFFFDA\"",
		"\"\uFFFD\"": "\"\uFFFD\"",
	} {
		v, err := Parse([]byte(text))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		wellFormed(t, v)
		if v.String() != want {
			t.Errorf("%s is read as %s, want %s", text, v, want)
		}
	}
}

func TestSyntaxErrors(t *testing.T) {
	for _, c := range []struct {
		text         string
		line, column int
		message      string
	}{
		{``, 1, 1, `expected a value, found the end of the text`},
		{"\n  ", 2, 3, `expected a value, found the end of the text`},
		{`1 2`, 1, 3, `expected nothing more after the value, found '2'`},
		{`[1,]`, 1, 3, `the last comma before ']' is one too many`},
		{`{"a":1,}`, 1, 7, `the last comma before '}' is one too many`},
		{`[1 2]`, 1, 4, `expected "," or "]" after an item, found '2'`},
		{`[1`, 1, 3, `expected "," or "]" after an item, found the end of the text`},
		{`[,1]`, 1, 2, `expected a value, found ','`},
		{"{\n \"a\":1,\n \"a\":2}", 3, 2, `the object has the key "a" twice`},
		{`{"é":1,"\u00e9":2}`, 1, 8, `the object has the key "é" twice`},
		{`{"a" 1}`, 1, 6, `expected ":" after the key, found '1'`},
		{`{a:1}`, 1, 2, `expected a key in double quotes, found "a"`},
		{`{1:1}`, 1, 2, `expected a key in double quotes, found '1'`},
		{`{"a":1 "b":2}`, 1, 8, `expected "," or "}" after a member, found '"'`},
		{`{"a":}`, 1, 6, `expected a value, found '}'`},
		{`{'a':1}`, 1, 2, `expected a key in double quotes, found a single quote; JSON strings stand in double quotes`},
		{`[True]`, 1, 2, `expected a value, found True; JSON writes it true`},
		{`[NaN]`, 1, 2, `expected a value, found NaN; JSON has no such number`},
		{`[nulll]`, 1, 2, `expected a value, found "nulll"`},
		{`[1, // one`, 1, 5, `expected a value, found '/'; JSON has no comments`},
		{"\uFEFF{}", 1, 1, `expected a value, found a byte order mark; save the text without one`},
		{"[\xff]", 1, 2, `expected a value, found the byte 0xff, which is not UTF-8`},
		{"\"é\xff\"", 1, 3, `the byte 0xff in a string is not UTF-8`},
		{"\"a\xed\xa0\x80\"", 1, 3, `the byte 0xed in a string is not UTF-8`}, // a surrogate in UTF-8
		{`["ab`, 1, 2, `the string has no closing quote`},
		{`["ab\`, 1, 5, `a backslash in a string must be followed by one of " \ / b f n r t u`},
		{`["\x41"]`, 1, 3, `a backslash in a string must be followed by one of " \ / b f n r t u`},
		{`["\u12g4"]`, 1, 3, `\u must be followed by four hexadecimal digits`},
		{`["\u12`, 1, 3, `\u must be followed by four hexadecimal digits`},
		{"[\"a\nb\"]", 1, 4, `a string must not hold the control character U+000A as it stands: write \n`},
		{"\"\x00\"", 1, 2, `a string must not hold the control character U+0000 as it stands: write \u0000`},
		{`-`, 1, 2, `expected a digit after the minus sign, found the end of the text`},
		{`+1`, 1, 1, `expected a value, found '+'`},
		{`.5`, 1, 1, `expected a value, found '.'`},
		{`01`, 1, 1, `a number must not have leading zeros`},
		{`[-01]`, 1, 2, `a number must not have leading zeros`},
		{`1.`, 1, 3, `expected a digit after the decimal point, found the end of the text`},
		{`1.x`, 1, 3, `expected a digit after the decimal point, found "x"`},
		{`1e+`, 1, 4, `expected a digit after the exponent, found the end of the text`},
		{`0x10`, 1, 2, `expected nothing more after the value, found "x"`},
	} {
		_, err := Parse([]byte(c.text))
		var wrong *SyntaxError
		if !errors.As(err, &wrong) {
			t.Errorf("%q: %v", c.text, err)
			continue
		}
		if wrong.Line != c.line || wrong.Column != c.column || wrong.Message != c.message {
			t.Errorf("%q:\ngot  %v\nwant line %d, column %d: %s", c.text, err, c.line, c.column, c.message)
		}
		if want := fmt.Sprintf("line %d, column %d: %s", c.line, c.column, c.message); err.Error() != want {
			t.Errorf("got  %s\nwant %s", err, want)
		}
		if json.Valid([]byte(c.text)) && !strings.Contains(c.message, "twice") && !strings.Contains(c.message, "UTF-8") {
			t.Errorf("%q is JSON after all", c.text)
		}
	}
}

func TestParseLimitsNesting(t *testing.T) {
	nested := func(n int) []byte {
		return []byte(strings.Repeat(`[{"a":`, n/2) + strings.Repeat(`[`, n%2) + `0` + strings.Repeat(`]`, n%2) + strings.Repeat(`}]`, n/2))
	}
	v, err := Parse(nested(MaxDepth))
	if err != nil || v.Depth() != MaxDepth {
		t.Errorf("depth %d, %v", v.Depth(), err)
	}
	wellFormed(t, Array(v))
	for _, text := range [][]byte{nested(MaxDepth + 1), []byte(strings.Repeat("[", 1<<20))} {
		if _, err := Parse(text); err == nil || !strings.Contains(err.Error(), "nest more than 1000 deep") {
			t.Errorf("got %v", err)
		}
	}
	if _, err := ParseDepth([]byte(`[[]]`), 1); err == nil {
		t.Error("a limit of 1 lets 2 pass")
	}
	if v, err := ParseDepth([]byte(`[[],[],{}]`), 2); err != nil || v.Depth() != 2 {
		t.Errorf("depth %d, %v", v.Depth(), err)
	}
}

func TestParsedValuesDoNotShareTheText(t *testing.T) {
	text := []byte(`{"key":"value","n":12345678901234567890}`)
	v := MustParse(string(text))
	w, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	clear(text)
	if !Equal(v, w) {
		t.Errorf("it has become %s", w)
	}
}

func TestRecordsShareTheirKeys(t *testing.T) {
	v := MustParse(`[{"b":1,"a":2},{"a":3,"b":4},{"a":5,"c":6},{"a":7,"b":8}]`)
	shapeOf := func(i int) *shape { return v.At(i).v.(*object).shape }
	if shapeOf(0) != shapeOf(1) || shapeOf(1) == shapeOf(2) {
		t.Error("records with the same keys have shapes of their own, or others share one")
	}
}

func TestParseAgreesWithEncodingJSON(t *testing.T) {
	for _, text := range []string{
		`{"a":[1,2.50,"x\u00e9\n",null,true],"10":{},"9":[]}`, `[1e5,-0.0,123456789012345678901234567890]`, `"\ud800"`, `"<a href=\"&\">"`, `""`,
	} {
		checkParse(t, []byte(text))
	}
}

func TestAppendMembers(t *testing.T) {
	many := `{"k0":0` // more than are compared with each other
	for i := range 40 {
		many += fmt.Sprintf(`,"k%d":%[1]d`, i+1)
	}
	for text, want := range map[string]string{
		` {"b":1, "a":[{"z":1,"y":2}],"":{}} `: `b=1 a=[{"y":2,"z":1}] ={}`,
		`{}`:                                   ``,
		`{"a":1,"a":2}`:                        `line 1, column 8: the object has the key "a" twice`,
		many + `,"k7":1}`:                      `line 1, column 351: the object has the key "k7" twice`,
		`{"a":1} 2`:                            `line 1, column 9: expected nothing more after the value, found '2'`,
		`[{"a":1}]`:                            `line 1, column 1: expected an object, found '['`,
	} {
		members, err := AppendMembers(nil, []byte(text), MaxDepth)
		var got []string
		for _, m := range members {
			got = append(got, fmt.Sprintf("%s=%s", m.Key, m.Value))
		}
		if err != nil {
			got = append(got, err.Error())
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s:\ngot  %s\nwant %s", text, strings.Join(got, " "), want)
		}
	}
	for _, text := range []string{many + `}`, `{"b":1,"a":"\u00e9"}`} {
		checkParse(t, []byte(text))
	}
}

// Short strings that come again and again are held once, and those that differ in a letter only are not mixed up.
func TestStringsAreShared(t *testing.T) {
	v := MustParse(`["count","count","coun1","cou1t","c0unt","count","` + strings.Repeat("x", 100) + `","` + strings.Repeat("x", 100) + `"]`)
	if want := `["count","count","coun1","cou1t","c0unt","count"]`; Array(v.At(0), v.At(1), v.At(2), v.At(3), v.At(4), v.At(5)).String() != want {
		t.Errorf("%s is not %s", v, want)
	}
	wellFormed(t, v)
	if v.At(0).v != v.At(1).v || v.At(6).v == v.At(7).v {
		t.Error("short strings are held more than once, or long ones are looked for")
	}
}

func FuzzParse(f *testing.F) {
	for _, c := range applications {
		f.Add([]byte(c.doc))
		f.Add([]byte(c.patch))
	}
	for _, text := range append(numberTexts, `"\ud83d\ude00\ud800"`, `{"10":1,"9":2,"a":[[[{}]]]}`, "\"\u2028\xff\"", `{"a":1,"\u0061":2}`, ` [1 , 2]x`) {
		f.Add([]byte(text))
	}
	f.Fuzz(checkParse)
}

// checkParse compares Parse with encoding/json, and checks that a text written is read as the same value.
func checkParse(t *testing.T, data []byte) {
	v, err := Parse(data)
	checkMembers(t, data, v, err)
	if err != nil {
		var wrong *SyntaxError
		if !errors.As(err, &wrong) || wrong.Line < 1 || wrong.Column < 1 || wrong.Offset < 0 || wrong.Offset > len(data) {
			t.Fatalf("%q: %#v", data, err)
		}
		// We are the stricter in three things.
		stricter := strings.Contains(err.Error(), "twice") || strings.Contains(err.Error(), "UTF-8") || strings.Contains(err.Error(), "nest more")
		if json.Valid(data) && !stricter {
			t.Fatalf("%q: %v, encoding/json takes it", data, err)
		}
		return
	}
	if !json.Valid(data) {
		t.Fatalf("%q is read as %s, encoding/json refuses it", data, v)
	}
	wellFormed(t, v)
	decoder := json.NewDecoder(strings.NewReader(string(data)))
	decoder.UseNumber()
	var plain any
	if err := decoder.Decode(&plain); err != nil {
		t.Fatal(err)
	}
	if got, want := plainText(v.Any()), plainText(plain); got != want {
		t.Fatalf("%q\nis read as %s\nby encoding/json as %s", data, got, want)
	}
	again, err := Parse(v.AppendJSON(nil))
	if err != nil || !Equal(again, v) || again.String() != v.String() {
		t.Fatalf("%q is written as %s and read as %s, %v", data, v, again, err)
	}
}

// checkMembers compares AppendMembers with what Parse has said.
func checkMembers(t *testing.T, data []byte, v Value, refused error) {
	members, err := AppendMembers([]Member{{Key: "before"}}, data, MaxDepth)
	switch {
	case (err == nil) != (refused == nil && v.Kind() == KindObject):
		t.Fatalf("%q: Parse says %v, AppendMembers %v", data, refused, err)
	case err == nil && (members[0].Key != "before" || len(members) != 1+v.Len() || !Equal(Object(members[1:]...), v)):
		t.Fatalf("%q is read as %s, its members are %v", data, v, members)
	}
}

func FuzzDiff(f *testing.F) {
	for _, c := range applications {
		f.Add([]byte(c.doc), []byte(c.patch))
		f.Add([]byte(c.doc), []byte(c.want))
	}
	f.Add([]byte(`[1,2,3,4,5,6,7,8,9]`), []byte(`[9,1,2,4,{"a":5},6,7,8]`))
	f.Add([]byte(`{"a":[{"id":1},{"id":2}],"b":null}`), []byte(`{"a":[{"id":2},{"id":1.0}],"c":null}`))
	f.Fuzz(func(t *testing.T, one, other []byte) {
		a, err := Parse(one)
		if err != nil {
			return
		}
		b, err := Parse(other)
		if err != nil {
			return
		}
		checkDiff(t, a, b)
	})
}
