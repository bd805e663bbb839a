"""The embedded data sets as sources, at any size, number and seed."""

from transfusion_tf.synthetic import datasets


def fundus_manifest(*, image_size=64, num_images=4500, seed=0):
    """Returns the manifest of procedural fundus photographs, grades 0-4."""
    return datasets.manifest(
        "synthetic_fundus",
        image_size=image_size,
        num_images=num_images,
        seed=seed,
    )


def textures_manifest(*, image_size=64, num_images=4500, seed=0):
    """Returns the manifest of procedural textured shapes, ten classes."""
    return datasets.manifest(
        "synthetic_textures",
        image_size=image_size,
        num_images=num_images,
        seed=seed,
    )
