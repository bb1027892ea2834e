// Package transform reshapes events on their way to a target.
//
// A Transform is one of four kinds, an edit of attributes, or several one after
// the other:
//
//	the zero Transform    the whole event, as it is
//	Path                  a part of it becomes the data
//	Constant              the same data for every event
//	Template, Text        values from the event put into a text
//	Expr                  an expression makes the data
//	Set, Delete, Rename   attributes
//	Func                  a Go function
//	Pipe                  one transform after the other
//	AWS, RocketMQ         what was written for those, as it stands
//
// What is promised:
//
//   - Values go into a template as correct JSON by position. No quote, newline or
//     < in a value can break the document or add to it, and nothing is put into
//     what was put in.
//   - Numbers keep every digit, objects the order of their members (but in Expr),
//     strings their content.
//   - A transform that makes data makes it application/json (or text/plain) and
//     drops dataschema, which described the old data. All other attributes stay.
//   - An event is never written to. Its data is decoded at most once, and only for
//     Expr and for paths that name more than one place.
//   - Whatever is wrong with a transform is an error when it is made, with the
//     place and with all faults at once; what is wrong with an event, an error of
//     Apply that names the variable or attribute.
//   - What a template or expression makes is at most twice as large as the event's data, or
//     2 MiB.
//
// A JSONPath (RFC 9535) sees the event in its JSON format: $.id, $.source, $.type,
// $.subject, $.time, extensions by name, and $.data; $ is all of it. Data that is
// not JSON is a string, or base64 at $.data_base64. Of members with the same name
// the last counts. A path that can name several places gives the array of what it
// finds, members of objects in the order of their names.
package transform
