;; What observers do with every value of a tensor, four at a time. `node tests/wasm/assemble.mjs` writes observe-wasm.ts from this.
;; Memory: two tables of 8192 counts (uint32), 48 bytes of results, then whatever the caller put there.
(module
  (memory (export "memory") 3)

  ;; Smallest and largest of `count` values (a multiple of 4) at `from`, lane by lane, to 65536 and 65552; at 65568 lanes that are 0
  ;; where all values are finite, NaN elsewhere.
  (func (export "extremes") (param $from i32) (param $count i32)
    (local $end i32) (local $v v128) (local $min v128) (local $max v128) (local $odd v128)
    (local.set $end (i32.add (local.get $from) (i32.shl (local.get $count) (i32.const 2))))
    (local.set $min (v128.load (local.get $from)))
    (local.set $max (local.get $min))
    (loop $next
      (local.set $v (v128.load (local.get $from)))
      (local.set $min (f32x4.pmin (local.get $min) (local.get $v)))
      (local.set $max (f32x4.pmax (local.get $max) (local.get $v)))
      (local.set $odd (v128.or (local.get $odd) (f32x4.sub (local.get $v) (local.get $v))))
      (local.set $from (i32.add (local.get $from) (i32.const 16)))
      (br_if $next (i32.lt_u (local.get $from) (local.get $end))))
    (v128.store offset=65536 (i32.const 0) (local.get $min))
    (v128.store offset=65552 (i32.const 0) (local.get $max))
    (v128.store offset=65568 (i32.const 0) (local.get $odd)))

  ;; Counts `count` values (a multiple of 4) at `from` in bin 4096 + floor(value * perWidth), which must be 0 to 8191. Neighbours go to
  ;; tables of their own: they often fall into the same bin, and one increment would wait for the other.
  (func (export "count") (param $from i32) (param $count i32) (param $perWidth f32)
    (local $end i32) (local $v v128) (local $floor v128) (local $at v128) (local $per v128) (local $bin i32)
    (local.set $per (f32x4.splat (local.get $perWidth)))
    (local.set $end (i32.add (local.get $from) (i32.shl (local.get $count) (i32.const 2))))
    (loop $next
      (local.set $v (v128.load (local.get $from)))
      (local.set $floor (f32x4.floor (f32x4.mul (local.get $v) (local.get $per))))
      ;; 1.5 * 2^23 + 4096 + n has 4096 + n in its low 13 bits. The lanes of lt are -1: a negative value whose product
      ;; underflowed to -0 belongs below 0.
      (local.set $at
        (v128.and
          (i32x4.add
            (f32x4.add (local.get $floor) (f32x4.splat (f32.const 12587008)))
            (v128.and
              (f32x4.lt (local.get $v) (f32x4.splat (f32.const 0)))
              (f32x4.eq (local.get $floor) (f32x4.splat (f32.const 0)))))
          (i32x4.splat (i32.const 8191))))
      (local.set $at (i32x4.shl (local.get $at) (i32.const 2)))
      (local.set $bin (i32x4.extract_lane 0 (local.get $at)))
      (i32.store (local.get $bin) (i32.add (i32.load (local.get $bin)) (i32.const 1)))
      (local.set $bin (i32x4.extract_lane 1 (local.get $at)))
      (i32.store offset=32768 (local.get $bin) (i32.add (i32.load offset=32768 (local.get $bin)) (i32.const 1)))
      (local.set $bin (i32x4.extract_lane 2 (local.get $at)))
      (i32.store (local.get $bin) (i32.add (i32.load (local.get $bin)) (i32.const 1)))
      (local.set $bin (i32x4.extract_lane 3 (local.get $at)))
      (i32.store offset=32768 (local.get $bin) (i32.add (i32.load offset=32768 (local.get $bin)) (i32.const 1)))
      (local.set $from (i32.add (local.get $from) (i32.const 16)))
      (br_if $next (i32.lt_u (local.get $from) (local.get $end)))))

  ;; Moves the second table's counts at `from` to `end` (bytes, multiples of 16) to the first.
  (func (export "merge") (param $from i32) (param $end i32)
    (loop $next
      (v128.store (local.get $from)
        (i32x4.add (v128.load (local.get $from)) (v128.load offset=32768 (local.get $from))))
      (v128.store offset=32768 (local.get $from) (v128.const i32x4 0 0 0 0))
      (local.set $from (i32.add (local.get $from) (i32.const 16)))
      (br_if $next (i32.lt_u (local.get $from) (local.get $end)))))

  ;; Values at `from` to `end`, `stride` of each channel at a time, from `channel` of `channels` on with `left` values of it to come:
  ;; adds to sums (float64) at `sums` and raises magnitudes (float32) at `loudest`.
  (func (export "blocks") (param $from i32) (param $end i32) (param $stride i32) (param $left i32)
    (param $channel i32) (param $channels i32) (param $loudest i32) (param $sums i32)
    (local $stop i32) (local $v v128) (local $max v128) (local $low v128) (local $high v128)
    (local $largest f32) (local $sum f64) (local $x f32) (local $at i32)
    (loop $block
      (local.set $stop (i32.add (local.get $from) (i32.shl (local.get $left) (i32.const 2))))
      (if (i32.gt_u (local.get $stop) (local.get $end)) (then (local.set $stop (local.get $end))))
      (local.set $max (v128.const i32x4 0 0 0 0))
      (local.set $low (v128.const i32x4 0 0 0 0))
      (local.set $high (v128.const i32x4 0 0 0 0))
      (block $rest
        (loop $four
          (br_if $rest (i32.gt_u (i32.add (local.get $from) (i32.const 16)) (local.get $stop)))
          (local.set $v (v128.load (local.get $from)))
          (local.set $max (f32x4.pmax (local.get $max) (f32x4.abs (local.get $v))))
          (local.set $low (f64x2.add (local.get $low) (f64x2.promote_low_f32x4 (local.get $v))))
          (local.set $high
            (f64x2.add (local.get $high)
              (f64x2.promote_low_f32x4
                (i8x16.shuffle 8 9 10 11 12 13 14 15 8 9 10 11 12 13 14 15 (local.get $v) (local.get $v)))))
          (local.set $from (i32.add (local.get $from) (i32.const 16)))
          (br $four)))
      (local.set $low (f64x2.add (local.get $low) (local.get $high)))
      (local.set $sum (f64.add (f64x2.extract_lane 0 (local.get $low)) (f64x2.extract_lane 1 (local.get $low))))
      (local.set $largest
        (f32.max
          (f32.max (f32x4.extract_lane 0 (local.get $max)) (f32x4.extract_lane 1 (local.get $max)))
          (f32.max (f32x4.extract_lane 2 (local.get $max)) (f32x4.extract_lane 3 (local.get $max)))))
      (block $done
        (loop $one
          (br_if $done (i32.ge_u (local.get $from) (local.get $stop)))
          (local.set $x (f32.load (local.get $from)))
          (local.set $largest (f32.max (local.get $largest) (f32.abs (local.get $x))))
          (local.set $sum (f64.add (local.get $sum) (f64.promote_f32 (local.get $x))))
          (local.set $from (i32.add (local.get $from) (i32.const 4)))
          (br $one)))
      (local.set $at (i32.add (local.get $loudest) (i32.shl (local.get $channel) (i32.const 2))))
      (f32.store (local.get $at) (f32.max (f32.load (local.get $at)) (local.get $largest)))
      (local.set $at (i32.add (local.get $sums) (i32.shl (local.get $channel) (i32.const 3))))
      (f64.store (local.get $at) (f64.add (f64.load (local.get $at)) (local.get $sum)))
      (local.set $left (local.get $stride))
      (local.set $channel (i32.add (local.get $channel) (i32.const 1)))
      (if (i32.eq (local.get $channel) (local.get $channels)) (then (local.set $channel (i32.const 0))))
      (br_if $block (i32.lt_u (local.get $from) (local.get $end)))))

  ;; The same where neighbours belong to neighbouring channels: whole rows of `channels` values (a multiple of 4) each.
  (func (export "rows") (param $from i32) (param $end i32) (param $channels i32) (param $loudest i32) (param $sums i32)
    (local $v v128) (local $max i32) (local $sum i32) (local $stop i32)
    (loop $row
      (local.set $max (local.get $loudest))
      (local.set $sum (local.get $sums))
      (local.set $stop (i32.add (local.get $from) (i32.shl (local.get $channels) (i32.const 2))))
      (loop $four
        (local.set $v (v128.load (local.get $from)))
        (v128.store (local.get $max) (f32x4.pmax (v128.load (local.get $max)) (f32x4.abs (local.get $v))))
        (v128.store (local.get $sum)
          (f64x2.add (v128.load (local.get $sum)) (f64x2.promote_low_f32x4 (local.get $v))))
        (v128.store offset=16 (local.get $sum)
          (f64x2.add (v128.load offset=16 (local.get $sum))
            (f64x2.promote_low_f32x4
              (i8x16.shuffle 8 9 10 11 12 13 14 15 8 9 10 11 12 13 14 15 (local.get $v) (local.get $v)))))
        (local.set $from (i32.add (local.get $from) (i32.const 16)))
        (local.set $max (i32.add (local.get $max) (i32.const 16)))
        (local.set $sum (i32.add (local.get $sum) (i32.const 32)))
        (br_if $four (i32.lt_u (local.get $from) (local.get $stop))))
      (br_if $row (i32.lt_u (local.get $from) (local.get $end))))))
