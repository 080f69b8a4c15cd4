"""Bytes on disk and in clouds."""

from millstream import late

__getattr__ = late(
    {"client.artifacts": "download_artifacts list_artifacts load_dict load_image load_text"}
)
