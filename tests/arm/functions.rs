//! Every function, with the examples of its page; what the pages leave out is said where it is.

use serde_json::{Value, json};

use crate::support::{fail, hold, value};

/// `template-functions-string`.
#[test]
fn strings() {
    hold(&[
        ("base64('one, two, three')", json!("b25lLCB0d28sIHRocmVl")),
        (
            "base64ToString('b25lLCB0d28sIHRocmVl')",
            json!("one, two, three"),
        ),
        ("base64ToString(base64('a'))", json!("a")),
        (
            "base64ToJson(base64('{\"one\": \"a\", \"two\": \"b\"}'))",
            json!({"one": "a", "two": "b"}),
        ),
        ("concat('prefix', '-', 5, true)", json!("prefix-5True")),
        (
            "dataUri('Hello')",
            json!("data:text/plain;charset=utf8;base64,SGVsbG8="),
        ),
        (
            "dataUriToString('data:;base64,SGVsbG8sIFdvcmxkIQ==')",
            json!("Hello, World!"),
        ),
        ("endsWith('abcdef', 'ef')", json!(true)),
        ("endsWith('abcdef', 'F')", json!(true)),
        ("endsWith('abcdef', 'e')", json!(false)),
        ("startsWith('abcdef', 'A')", json!(true)),
        ("startsWith('abcdef', 'e')", json!(false)),
        (
            "format('{0}, {1}. Formatted number: {2:N0}', 'Hello', 'User', 8175133)",
            json!("Hello, User. Formatted number: 8,175,133"),
        ),
        (
            "format('{{{0}}}/{1,4}|{1,-4}|{2:D3}|{2:000}|{3:x}|{0:N0}', 'a', 7, 5, 255)",
            json!("{a}/   7|7   |005|005|ff|a"),
        ),
        ("format('{0}', true)", json!("True")),
        (
            "guid('a', 'b')",
            json!(
                uuid::Uuid::new_v5(&uuid::uuid!("11fb06fb-712d-4ddd-98c7-e71bbd588830"), b"a-b")
                    .to_string()
            ),
        ),
        ("indexOf('test', 't')", json!(0)),
        ("lastIndexOf('test', 't')", json!(3)),
        ("indexOf('abcdef', 'CD')", json!(2)),
        ("lastIndexOf('abcdef', 'AB')", json!(0)),
        ("indexOf('abcdef', 'z')", json!(-1)),
        (
            "join(createArray('one', 'two', 3), ', ')",
            json!("one, two, 3"),
        ),
        ("length('One Two Three')", json!(13)),
        ("padLeft('123', 10, '0')", json!("0000000123")),
        ("padLeft(7, 2, '0')", json!("07")),
        ("padLeft('abc', 2)", json!("abc")),
        ("replace('123-123-1234', '-', '')", json!("1231231234")),
        (
            "replace('123-123-1234', '1234', 'xxxx')",
            json!("123-123-xxxx"),
        ),
        ("skip('one two three', 4)", json!("two three")),
        ("take('one two three', 2)", json!("on")),
        (
            "split('one,two,three', ',')",
            json!(["one", "two", "three"]),
        ),
        (
            "split('one;two,three', createArray(',', ';'))",
            json!(["one", "two", "three"]),
        ),
        ("string(createArray('a', 1))", json!("[\"a\",1]")),
        ("string(5)", json!("5")),
        ("string(createObject('a', true))", json!("{\"a\":true}")),
        ("substring('one two three', 4, 3)", json!("two")),
        ("substring('abc', 3)", json!("")),
        ("toLower('One Two Three')", json!("one two three")),
        ("toUpper('One Two Three')", json!("ONE TWO THREE")),
        ("trim('    one two three   ')", json!("one two three")),
        (
            "uri('http://contoso.com/resources/', 'nested/azuredeploy.json')",
            json!("http://contoso.com/resources/nested/azuredeploy.json"),
        ),
        (
            "uri('http://contoso.com/resources/azuredeploy.json', 'nested/b.json')",
            json!("http://contoso.com/resources/nested/b.json"),
        ),
        (
            "uri('http://contoso.com/resources/', '/nested.json')",
            json!("http://contoso.com/nested.json"),
        ),
        (
            "uri('http://contoso.com/a/b/', '../c')",
            json!("http://contoso.com/a/c"),
        ),
        (
            "uri('http://contoso.com', 'c')",
            json!("http://contoso.com/c"),
        ),
        (
            "uriComponent('http://contoso.com/resources/nested/azuredeploy.json')",
            json!("http%3A%2F%2Fcontoso.com%2Fresources%2Fnested%2Fazuredeploy.json"),
        ),
        (
            "uriComponentToString('http%3A%2F%2Fcontoso.com%2F')",
            json!("http://contoso.com/"),
        ),
        ("'it''s'", json!("it's")),
    ]);
    fail(&[
        (
            "substring('abc', 2, 2)",
            "`substring` reaches outside the 3 characters of its string",
        ),
        (
            "toLower(1)",
            "argument 1 of `tolower` is an int, and a string is expected",
        ),
        (
            "format('{1}', 'a')",
            "the format string asks for an argument 1 that is not there",
        ),
        (
            "toLower('a', 'b')",
            "`tolower` takes 1 arguments, and 2 are given",
        ),
        (
            "tolowr('a')",
            "there is no function `tolowr`, but `tolower`",
        ),
    ]);
}

/// `uniqueString`: the name that the Bicep CLI gives in `bicep-snapshot/basic.snapshot.json`.
#[test]
fn unique_strings_are_those_of_azure() {
    hold(&[(
        "uniqueString('/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/myRg')",
        json!("js26ofeqkqeve"),
    )]);
    assert_eq!(
        value("uniqueString('a', 'b')"),
        value("uniqueString('a-b')")
    );
}

/// `template-functions-array`.
#[test]
fn arrays() {
    hold(&[
        ("array(1)", json!([1])),
        ("array('efgh')", json!(["efgh"])),
        ("array(createArray(1))", json!([1])),
        (
            "concat(createArray('1-1', '1-2'), createArray('2-1'))",
            json!(["1-1", "1-2", "2-1"]),
        ),
        ("contains('OneTwoThree', 'e')", json!(true)),
        ("contains('OneTwoThree', 'z')", json!(false)),
        ("contains('OneTwoThree', 'E')", json!(false)),
        ("contains(createObject('one', 'a'), 'ONE')", json!(true)),
        ("contains(createArray('one', 'two'), 'two')", json!(true)),
        ("contains(createArray('one', 'two'), 'TWO')", json!(false)),
        ("createArray(1, 'b', createArray())", json!([1, "b", []])),
        ("empty(createArray())", json!(true)),
        ("empty('')", json!(true)),
        ("empty(null())", json!(true)),
        ("empty('a')", json!(false)),
        ("first(createArray('one', 'two', 'three'))", json!("one")),
        ("first('One Two Three')", json!("O")),
        ("first(createArray())", Value::Null),
        (
            "flatten(createArray(createArray('a', 'b'), createArray('c'), createArray()))",
            json!(["a", "b", "c"]),
        ),
        ("indexOf(createArray('one', 'two', 'one'), 'one')", json!(0)),
        (
            "lastIndexOf(createArray('one', 'two', 'one'), 'one')",
            json!(2),
        ),
        ("indexOf(createArray(1), 2)", json!(-1)),
        ("indexFromEnd(createArray(1, 2, 3), 1)", json!(3)),
        ("tryIndexFromEnd(createArray(1), 2)", Value::Null),
        (
            "intersection(createArray('one', 'two', 'three'), createArray('two', 'three'))",
            json!(["two", "three"]),
        ),
        ("last(createArray('one', 'two', 'three'))", json!("three")),
        ("last('One Two Three')", json!("e")),
        ("length(createArray('one', 'two', 'three'))", json!(3)),
        ("max(createArray(0, 3, 2, 5, 4))", json!(5)),
        ("min(0, 3, 2, 5, 4)", json!(0)),
        ("range(5, 3)", json!([5, 6, 7])),
        (
            "skip(createArray('one', 'two', 'three'), 2)",
            json!(["three"]),
        ),
        ("skip(createArray(1), -1)", json!([1])),
        (
            "take(createArray('one', 'two', 'three'), 2)",
            json!(["one", "two"]),
        ),
        ("take(createArray(1), 9)", json!([1])),
        (
            "union(createArray('one', 'two', 'three'), createArray('three', 'four'))",
            json!(["one", "two", "three", "four"]),
        ),
        ("createArray('a', 'b')[1]", json!("b")),
        ("createArray('a')[?1]", Value::Null),
    ]);
    fail(&[
        ("range(0, 10001)", "`range` makes 0 to 10000 ints"),
        ("createArray('a')[1]", "the index lies outside of the array"),
        (
            "concat('a', createArray())",
            "argument 2 of `concat` is an array, and a string is expected",
        ),
    ]);
}

/// `template-functions-object`.
#[test]
fn objects() {
    let two = "createObject('property', createObject('one', 'a', 'three', 'c1'), 'nested', createArray(1, 2))";
    let more = "createObject('PROPERTY', createObject('three', 'c2', 'four', 'd'), 'nested', createArray(3))";
    hold(&[
        (
            "createObject('intProp', 1, 'arrayProp', createArray('a'))",
            json!({"intProp": 1, "arrayProp": ["a"]}),
        ),
        (
            "intersection(createObject('one', 'a', 'two', 'b', 'three', 'c'), createObject('one', 'a', 'two', 'z', 'three', 'c'))",
            json!({"one": "a", "three": "c"}),
        ),
        (
            "items(createObject('item002', 200, 'item001', 300))",
            json!([{"key": "item001", "value": 300}, {"key": "item002", "value": 200}]),
        ),
        ("json('{\"a\": \"b\"}').a", json!("b")),
        ("json('null')", Value::Null),
        ("json('[ 1, 2, 3 ]')", json!([1, 2, 3])),
        ("json('\"test\"')", json!("test")),
        ("length(createObject('a', 1, 'b', 2))", json!(2)),
        ("empty(createObject())", json!(true)),
        ("null()", Value::Null),
        (
            "objectKeys(createObject('b', 1, 'a', 2))",
            json!(["a", "b"]),
        ),
        (
            "shallowMerge(createArray(createObject('a', createObject('x', 1)), createObject('a', createObject('y', 2))))",
            json!({"a": {"y": 2}}),
        ),
        (
            &format!("union({two}, {more})"),
            json!({"property": {"one": "a", "three": "c2", "four": "d"}, "nested": [3]}),
        ),
        (
            "tryGet(createObject('a', createArray(createObject('b', 1))), 'a', 0, 'B')",
            json!(1),
        ),
        ("tryGet(createObject('a', 1), 'a', 'b')", Value::Null),
        ("createObject('aB', 1).Ab", json!(1)),
        ("createObject('a', 1)['A']", json!(1)),
        ("createObject('a', 1).?b", Value::Null),
        ("null().?b", Value::Null),
    ]);
    fail(&[
        ("createObject('a', 1).b", "there is no member `b`"),
        (
            "createObject('a')",
            "`createObject` takes a value for each key",
        ),
        ("json('{')", "the text is not JSON"),
    ]);
}

/// `template-functions-numeric`.
#[test]
fn numbers() {
    hold(&[
        ("add(5, 3)", json!(8)),
        ("sub(7, 3)", json!(4)),
        ("mul(5, 3)", json!(15)),
        ("div(8, 3)", json!(2)),
        ("mod(7, 3)", json!(1)),
        ("int('4')", json!(4)),
        ("int(4)", json!(4)),
        ("float('3.5')", json!(3.5)),
    ]);
    fail(&[
        (
            "div(1, 0)",
            "the result is not an int (overflow, or division by zero)",
        ),
        (
            "add(9223372036854775807, 1)",
            "the result is not an int (overflow, or division by zero)",
        ),
        ("int('four')", "the argument of `int` is not an int"),
    ]);
}

/// `template-functions-logical` and `template-functions-comparison`. That `and` and `or` stop early
/// is Bicep's rule for `&&` and `||`, which compile to them.
#[test]
fn logic() {
    hold(&[
        ("and(bool('true'), bool('false'))", json!(false)),
        ("or(bool('true'), bool('false'))", json!(true)),
        ("not(bool('true'))", json!(false)),
        ("or(true, fail('no'))", json!(true)),
        ("and(false(), fail('no'))", json!(false)),
        ("bool(1)", json!(true)),
        ("bool('0')", json!(false)),
        ("if(equals('a', 'a'), 'yes', fail('no'))", json!("yes")),
        ("if(false, fail('no'), 'yes')", json!("yes")),
        ("coalesce(null(), 'a', fail('no'))", json!("a")),
        ("coalesce(null(), null())", Value::Null),
        ("equals('a', 'A')", json!(false)),
        ("equals(createArray('a'), createArray('a'))", json!(true)),
        (
            "equals(createObject('a', 1), createObject('A', 1))",
            json!(true),
        ),
        ("equals(1, '1')", json!(false)),
        ("greater(1, 2)", json!(false)),
        ("greaterOrEquals(2, 2)", json!(true)),
        ("less('A', 'a')", json!(true)),
        ("lessOrEquals(2, 1)", json!(false)),
    ]);
    fail(&[
        ("fail('too bad')", "the template says: too bad"),
        ("if('a', 1, 2)", "`if` is asked about a string"),
    ]);
}

/// `template-functions-cidr`.
#[test]
fn cidr() {
    hold(&[
        (
            "parseCidr('10.144.0.0/20')",
            json!({"network": "10.144.0.0", "netmask": "255.255.240.0", "broadcast": "10.144.15.255", "firstUsable": "10.144.0.1", "lastUsable": "10.144.15.254", "cidr": 20}),
        ),
        (
            "parseCidr('fdad:3236:5555::/48')",
            json!({"network": "fdad:3236:5555::", "netmask": "ffff:ffff:ffff::", "firstUsable": "fdad:3236:5555::", "lastUsable": "fdad:3236:5555:ffff:ffff:ffff:ffff:ffff", "cidr": 48}),
        ),
        (
            "map(range(0, 5), lambda('i', cidrSubnet('10.144.0.0/20', 24, lambdaVariables('i'))))",
            json!([
                "10.144.0.0/24",
                "10.144.1.0/24",
                "10.144.2.0/24",
                "10.144.3.0/24",
                "10.144.4.0/24"
            ]),
        ),
        (
            "cidrSubnet('fdad:3236:5555::/48', 52, 4)",
            json!("fdad:3236:5555:4000::/52"),
        ),
        ("cidrSubnet('10.0.0.0/24', 24, 0)", json!("10.0.0.0/24")),
        ("cidrSubnet('::/0', 0, 0)", json!("::/0")),
        (
            "map(range(0, 5), lambda('i', cidrHost('10.144.3.0/24', lambdaVariables('i'))))",
            json!([
                "10.144.3.1",
                "10.144.3.2",
                "10.144.3.3",
                "10.144.3.4",
                "10.144.3.5"
            ]),
        ),
        (
            "cidrHost('fdad:3236:5555:3000::/52', 4)",
            json!("fdad:3236:5555:3000::5"),
        ),
    ]);
    fail(&[
        (
            "cidrSubnet('10.144.0.0/20', 24, 16)",
            "the range has no subnet 16 of that size",
        ),
        (
            "cidrSubnet('10.144.0.0/20', 19, 0)",
            "the new prefix is shorter than the range's, or the index is below 0",
        ),
        (
            "cidrHost('10.144.3.0/24', 254)",
            "the range has no host of that index",
        ),
        (
            "cidrHost('10.144.3.0', 1)",
            "the first argument is not an address range in CIDR notation",
        ),
    ]);
}
