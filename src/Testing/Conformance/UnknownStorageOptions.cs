namespace Fulgurite.Testing.Conformance;

/// <summary>Storage options that no implementation supports.</summary>
internal sealed class UnknownStorageOptions : StorageOptions;
