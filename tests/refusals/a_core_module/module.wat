(module (func (export "decide")))
