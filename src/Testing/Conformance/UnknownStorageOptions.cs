
namespace Fulgurite.Testing.Conformance;

/// <summary>Storage options that no implementation knows.</summary>
internal sealed class UnknownStorageOptions : StorageOptions;
