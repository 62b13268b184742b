namespace AttentionXml.Data.Debian;

/// <summary>The fields of one stanza of a package index that the corpus uses; a missing field is empty.</summary>
internal sealed record Package(string Name, string Section, string Description, string Depends, string PreDepends);
