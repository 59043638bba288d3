(component
  (import "wasi:clocks/wall-clock@0.2.0" (instance $clock (export "now" (func (result u32)))))
  (component $inside
    (import "wasi:clocks/wall-clock@0.2.0" (instance (export "now" (func (result u32))))))
  (instance (instantiate $inside (with "wasi:clocks/wall-clock@0.2.0" (instance $clock)))))
