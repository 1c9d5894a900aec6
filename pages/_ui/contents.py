"""The table of pages: folder and file of each, in the order of the navigation and of the cards on home."""

PAGES = {
    "lessons": ("home", "undercomplete", "denoising", "contractive", "sparse", "vae", "beta_vae"),
    "applications": (
        "noise_removal",
        "super_resolution",
        "segmentation",
        "audio",
        "notes",
        "molecules",
        "preparation",
        "recommender",
        "compression",
        "anomaly",
    ),
    "tools": ("explorer", "your_data", "present", "board"),
}
