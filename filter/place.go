package filter

type place struct{}

func (textIs) place() place     { return place{} }
func (numberIs) place() place   { return place{} }
func (literalIs) place() place  { return place{} }
func (hasPrefix) place() place  { return place{} }
func (hasSuffix) place() place  { return place{} }
func (hasText) place() place    { return place{} }
func (foldIs) place() place     { return place{} }
func (foldPrefix) place() place { return place{} }
func (foldSuffix) place() place { return place{} }
func (inBlock) place() place    { return place{} }
func (isThere) place() place    { return place{} }
func (numeric) place() place    { return place{} }
func (isNot) place() place      { return place{} }
func (butNot) place() place     { return place{} }
func (allOf) place() place      { return place{} }
func (oneOf) place() place      { return place{} }
func (wildcard) place() place   { return place{} }
func (iregexp) place() place    { return place{} }
