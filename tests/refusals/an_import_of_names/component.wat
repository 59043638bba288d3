(component
  (import "jorei:rules/records@1.0.0" (instance (export "names" (func (result string))))))
