//! A component around a core module, as `jorei rule build` makes it.

/// Why a module is no rule's module.
#[derive(Debug, thiserror::Error)]
#[error("the module cannot be made a component: {0}")]
pub struct NotAModule(String);

/// Encodes a core module that carries its world in a custom section (the SDK puts it there).
/// The same module gives the same bytes.
///
/// # Errors
/// [`NotAModule`] with the reason: no such section, an import that no interface explains.
pub fn encode(module: &[u8]) -> Result<Vec<u8>, NotAModule> {
    let reason = |error: wasmtime::Error| NotAModule(format!("{error:#}"));
    let mut encoder = wit_component::ComponentEncoder::default()
        .module(module)
        .map_err(|error| reason(wasmtime::Error::from_anyhow(error)))?
        .validate(true);
    encoder.encode().map_err(|error| reason(wasmtime::Error::from_anyhow(error)))
}
