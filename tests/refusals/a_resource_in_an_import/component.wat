(component
  (import "jorei:rules/records@1.0.0" (instance (export "file" (type (sub resource))))))
