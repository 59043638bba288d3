(table $hoard 1 funcref)
(func $misbehave (result i32)
  (loop $more
    (drop (table.grow $hoard (ref.null func) (i32.const 100)))
    (br $more))
  unreachable)
