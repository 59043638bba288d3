//! The switches of the runtime, in one place: the record 0003 in `docs/decisions` says why each.

use crate::limits::{CORE_INSTANCES, INSTANCES, Limits, MEMORIES, STACK_BYTES, TABLES};
use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig};

/// What a rule's bytes may use, and how they run.
fn config() -> Config {
    let mut config = Config::new();
    config
        .wasm_component_model(true)
        .concurrency_support(false)
        .wasm_relaxed_simd(false)
        .wasm_wide_arithmetic(false)
        .wasm_memory64(false)
        .wasm_multi_memory(false)
        // A float may occur in an interpreter; its bits must not depend on the machine.
        .cranelift_nan_canonicalization(true)
        .cranelift_opt_level(OptLevel::Speed)
        .consume_fuel(true)
        .epoch_interruption(true)
        .max_wasm_stack(STACK_BYTES)
        .memory_init_cow(true)
        .wasm_backtrace_max_frames(None)
        .generate_address_map(false)
        .native_unwind_info(false);
    config
}

/// The engine of the host: instances come from a pool.
pub(crate) fn pooling_engine(limits: &Limits) -> wasmtime::Result<Engine> {
    let mut config = config();
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(limits)));
    Engine::new(&config)
}

/// The engine of the child: the same code for the same rule, but no pool, whose address space no
/// memory limit would allow.
pub(crate) fn compiling_engine() -> wasmtime::Result<Engine> {
    Engine::new(&config())
}

fn pool(limits: &Limits) -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(INSTANCES)
        .max_core_instances_per_component(CORE_INSTANCES)
        .total_core_instances(INSTANCES * CORE_INSTANCES)
        .max_memories_per_component(MEMORIES)
        .total_memories(INSTANCES * MEMORIES)
        .max_tables_per_component(TABLES)
        .total_tables(INSTANCES * TABLES)
        .max_memory_size(limits.memory_bytes)
        .table_elements(limits.table_elements)
        .max_unused_warm_slots(INSTANCES)
        // Pages that every decision touches again are cleared in place instead of given back; where
        // the kernel can tell which were touched (Linux 6.7), only those are.
        .linear_memory_keep_resident(1 << 20)
        .table_keep_resident(1 << 14)
        .pagemap_scan(Enabled::Auto);
    pool
}
