namespace TorchSharp;

/// <summary>How pairwise distances are computed.</summary>
public enum compute_mode : long
{
    use_mm_for_euclid_dist_if_necessary = 0,
    use_mm_for_euclid_dist = 1,
    donot_use_mm_for_euclid_dist = 2,
}
