"""Installs transfusion_tf: `pip install -e .`, or `.[test]` with the tests."""

import pathlib
import re

import setuptools
from setuptools.command import build_py

ROOT = pathlib.Path(__file__).parent
# Where an installed package keeps the folders of the binaries: inside itself,
# since names like `data_prep` belong to nobody in site-packages.
BINARIES = pathlib.PurePath("transfusion_tf", "binaries")
BINARY_FOLDERS = ("data_prep", "run_scripts")


def version():
    """Returns `__version__` of the package without importing it."""
    text = (ROOT / "transfusion_tf" / "__init__.py").read_text()
    return re.search(r'^__version__ = "(.+)"$', text, re.MULTILINE).group(1)


def long_description():
    """Returns the README, which a bare source tree may lack."""
    readme = ROOT / "README.md"
    return readme.read_text() if readme.exists() else ""


class BuildWithBinaries(build_py.build_py):
    """Copies the folders of the binaries into the package that is built."""

    def run(self):
        """Builds the package, then adds the binaries unless it is editable."""
        super().run()
        if self.editable_mode:  # They are used where they lie.
            return
        for source, target in self._binaries():
            self.mkpath(str(target.parent))
            self.copy_file(str(source), str(target))

    def get_outputs(self, include_bytecode=1):
        """The files that are built, those of the binaries included."""
        built = super().get_outputs(include_bytecode)
        return built + [str(target) for _, target in self._binaries()]

    def _binaries(self):
        """Yields (file of the checkout, file of the build)."""
        for folder in BINARY_FOLDERS:
            for path in sorted((ROOT / folder).rglob("*.py")):
                inside = path.relative_to(ROOT)
                yield path, pathlib.Path(self.build_lib, BINARIES, inside)


setuptools.setup(
    name="transfusion_tf",
    version=version(),
    description="Does transfer learning help on your medical images, where, "
    "and how small may the network be?",
    long_description=long_description(),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    # With this, an editable install puts the checkout itself on the path.
    package_dir={"": "."},
    packages=setuptools.find_namespace_packages(
        include=["transfusion_tf", "transfusion_tf.*"]
    ),
    # Of the report's page.
    package_data={"transfusion_tf.reporting.html": ["templates/*"]},
    cmdclass={"build_py": BuildWithBinaries},
    entry_points={
        "console_scripts": ["transfusion = transfusion_tf.__main__:main"]
    },
    # Keras 3.13 has no Python 3.10; TensorFlow 2.21 has no 3.14.
    # run_scripts/setup_env.sh reads this line.
    python_requires=">=3.11,<3.14",
    install_requires=[
        "absl-py>=2.1,<3",
        # The file layer of tensorflow-datasets, for object stores.
        "etils>=1.9,<2",
        "fsspec>=2024.6,<2028",
        "google-crc32c>=1.6,<2",
        "h5py>=3.11,<4",
        "ImageHash>=4.3,<5",
        # 3.13 mends the loading of weights from files of other versions.
        "Jinja2>=3.1,<4",
        "keras>=3.13,<3.16",
        # With Jinja2; the report's texts are made of it.
        "MarkupSafe>=2.1,<4",
        "matplotlib>=3.8,<4",
        "numpy>=1.26,<3",
        "pandas>=2.2,<4",
        "pillow>=10.3,<14",
        "protobuf>=5.28,<8",
        "safetensors>=0.4.5,<0.9",
        "scikit-learn>=1.5,<2",
        "scipy>=1.13,<2",
        # TensorFlow 2.21 no longer brings it, but tf.summary needs it.
        "tensorboard>=2.20,<2.22",
        "tensorflow>=2.20,<2.22",
        # 4.9.9 breaks with the protobuf that TensorFlow 2.20 and later allow.
        "tensorflow-datasets>=4.9.10,<4.10",
        "tqdm>=4.66,<5",
    ],
    extras_require={
        # JPEG lossless and JPEG-LS need more, of other licences; the message
        # that names them stands in images/dicom.py.
        "dicom": [
            "pydicom>=3.0,<4",
            "pylibjpeg>=2.0,<3",
            "pylibjpeg-openjpeg>=2.3,<3",
        ],
        "beam": ["apache-beam>=2.71,<3"],
        "ray": ["ray>=2.50,<3"],
        "test": [
            "transfusion_tf[dicom]",
            "pytest>=8.3,<10",
            "pytest-xdist>=3.6,<4",
            "ruff>=0.12,<0.18",
            # The tests build a wheel; 70.1 does so without another package.
            "setuptools>=70.1,<90",
            # Keras 2, which writes the files that most people have.
            "tf_keras>=2.20,<2.22",
        ],
    },
)
