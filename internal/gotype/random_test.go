package gotype_test

import (
	"encoding/json"
	"math/rand"
	"reflect"
	"time"
)

// fill sets what can be set of v to anything that encoding/json writes; nil and the zero
// value among it. What writes itself, and is no enum, stays zero.
func fill(v reflect.Value, r *rand.Rand, depth int) {
	if !v.CanSet() || r.Intn(5) == 0 || depth > 6 {
		return
	}
	if m := v.Addr().MethodByName("Values"); m.IsValid() {
		values := m.Call(nil)[0]
		v.Set(values.Index(r.Intn(values.Len())))
		return
	}
	switch v.Addr().Interface().(type) {
	case *time.Time:
		v.Set(reflect.ValueOf(time.Unix(r.Int63n(1<<36), r.Int63n(1e9)).UTC()))
		return
	case *json.Number:
		v.SetString("-12.50e+3")
		return
	case json.Marshaler:
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), r, depth+1)
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), r, depth+1)
		}
	case reflect.Array:
		for i := range v.Len() {
			fill(v.Index(i), r, depth+1)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), r.Intn(3), 3))
		for i := range v.Len() {
			fill(v.Index(i), r, depth+1)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range r.Intn(3) {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			fill(key, r, depth+1)
			fill(value, r, depth+1)
			v.SetMapIndex(key, value)
		}
	default:
		fillScalar(v, r)
	}
}

// fillScalar likes the ends of the ranges.
func fillScalar(v reflect.Value, r *rand.Rand) {
	switch {
	case v.Kind() == reflect.Bool:
		v.SetBool(true)
	case v.Kind() == reflect.String:
		v.SetString([]string{"a", "\"<é>\\", "null", "12"}[r.Intn(4)])
	case v.CanInt():
		end := int64(1)<<(v.Type().Bits()-1) - 1
		v.SetInt([]int64{end, -end - 1, -1, 7}[r.Intn(4)])
	case v.CanUint():
		v.SetUint([]uint64{1<<v.Type().Bits() - 1, 1, 9}[r.Intn(3)])
	case v.CanFloat():
		v.SetFloat([]float64{1e30, -1e-30, 0.1, -2, 1e21}[r.Intn(5)])
	}
}
