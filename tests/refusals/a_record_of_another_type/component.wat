(component
  (import "jorei:rules/records@1.0.0" (instance (export "persons" (func (result string))))))
