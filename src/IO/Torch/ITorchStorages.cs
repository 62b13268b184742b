using Fulgurite.IO.Loading;

namespace Fulgurite.IO.Torch;

/// <summary>The storages of a torch file by their key.</summary>
internal interface ITorchStorages
{
    /// <summary>A storage.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="byteLength">How many bytes the pickle says that it has.</param>
    /// <exception cref="Pickle.PickleException">There is no such storage, or it has another length.</exception>
    FileRegion Get(string key, long byteLength);
}
