namespace Fulgurite.IO.Pickle;

/// <summary>What a format made of a reference or a call while the pickle was read. Attributes that it is given later are no part of a state.</summary>
internal abstract class PickleMade : PickleNode;
