"""Arrow and Parquet bodies: read without loss, and without believing what they say."""

from __future__ import annotations

import contextlib
import datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.serving.payload_models import column, decoder, tensor

from millstream.serving.payloads import BadRequest, Request, TooLarge, encode

pa = pytest.importorskip("pyarrow")
ipc = pytest.importorskip("pyarrow.ipc")
pq = pytest.importorskip("pyarrow.parquet")

STREAM = "application/vnd.apache.arrow.stream"
FILE = "application/vnd.apache.arrow.file"
PARQUET = "application/vnd.apache.parquet"


def written(table: Any, media_type: str, compression: str | None = None) -> bytes:
    sink = pa.BufferOutputStream()
    if media_type == PARQUET:
        pq.write_table(table, sink)
    else:
        options = ipc.IpcWriteOptions(compression=compression)
        create = ipc.new_stream if media_type == STREAM else ipc.new_file
        with create(sink, table.schema, options=options) as writer:
            writer.write_table(table)
    return bytes(sink.getvalue().to_pybytes())


def timed(kind: str) -> Any:
    type_of = {"timestamp[us]": pa.timestamp("us"), "date32[day]": pa.date32()}[kind]
    days = pa.array([datetime.datetime(2026, 1, 31)], pa.timestamp("us")).cast(type_of)
    return pa.table({"a": days, "b": [1.5]})


NUMBERS = pa.table({"b": pa.array([1, 2], pa.int32()), "a": [1.5, None], "x": ["p", "q"]})
SIGNATURE = [column("double", "a"), column("long", "b")]


@pytest.mark.parametrize("media_type", [STREAM, FILE, PARQUET])
class TestEachForm:
    def test_gives_columns_in_the_types_of_the_signature(self, media_type: str) -> None:
        request = decoder(SIGNATURE).decode(media_type, written(NUMBERS, media_type))
        assert list(request.data.columns) == ["a", "b"]
        assert [str(dtype) for dtype in request.data.dtypes] == ["float64", "int64"]
        assert request.data["b"].tolist() == [1, 2]
        assert np.isnan(request.data["a"].tolist()[1])
        request.data.loc[0, "a"] = 7.0  # a model may write into its input
        assert request.rows == 2

    def test_gives_tensors_and_arrays(self, media_type: str) -> None:
        table = pa.table({"x": [1.5, 2], "y": [3.0, 4]})
        body = written(table, media_type)
        for reads in (decoder([tensor("float64", [-1, 2])]), decoder(n_features=2)):
            assert reads.decode(media_type, body).data.tolist() == [[1.5, 3], [2, 4]]

    def test_gives_a_dataframe_without_a_signature(self, media_type: str) -> None:
        frame = decoder().decode(media_type, written(NUMBERS, media_type)).data
        assert frame["x"].tolist() == ["p", "q"]

    def test_unpacks_dates_decimals_and_dictionaries(self, media_type: str) -> None:
        table = pa.table(
            {
                "d": pa.array([0, 1], pa.date32()),
                "n": pa.array(["1.5", "2.5"]).cast(pa.decimal128(5, 2)),
                "s": pa.array(["p", "q"]).dictionary_encode(),
            }
        )
        reads = decoder([column("datetime", "d"), column("double", "n"), column("string", "s")])
        frame = reads.decode(media_type, written(table, media_type)).data
        assert [str(day.date()) for day in frame["d"]] == ["1970-01-01", "1970-01-02"]
        assert frame["n"].tolist() == [1.5, 2.5]
        assert frame["s"].tolist() == ["p", "q"]

    def test_names_the_row_that_does_not_fit(self, media_type: str) -> None:
        body = written(pa.table({"a": [1.0, 2.0], "b": [1.0, 1.5]}), media_type)
        with pytest.raises(BadRequest, match=r"column b .*row 1: expected a whole number, got"):
            decoder(SIGNATURE).decode(media_type, body)

    @pytest.mark.parametrize("kind", ["timestamp[us]", "date32[day]"])
    @pytest.mark.parametrize("wanted", ["double", "long", "string"])
    def test_a_point_in_time_is_neither_number_nor_text(
        self, media_type: str, kind: str, wanted: str
    ) -> None:
        body = written(timed(kind), media_type)
        with pytest.raises(BadRequest, match=r"column a to type .*row 0: .* got datetime"):
            decoder([column(wanted, "a"), column("double", "b")]).decode(media_type, body)

    @pytest.mark.parametrize("kind", ["timestamp[us]", "date32[day]"])
    def test_a_point_in_time_beside_numbers_is_no_tensor(self, media_type: str, kind: str) -> None:
        body = written(timed(kind), media_type)
        with pytest.raises(BadRequest, match="row 0, value 0: expected a number, got datetime"):
            decoder([tensor("float64", [-1, 2])]).decode(media_type, body)
        array = decoder(n_features=2).decode(media_type, body).data
        assert array.tolist() == [[datetime.datetime(2026, 1, 31), 1.5]]

    def test_refuses_texts_that_swell(self, media_type: str) -> None:
        indexes = pa.array([0] * 20_000, pa.int32())
        texts = pa.DictionaryArray.from_arrays(indexes, ["x" * 100_000])
        with pytest.raises(TooLarge) as caught:
            decoder().decode(media_type, written(pa.table({"a": texts}), media_type))
        assert caught.value.status == 413

    def test_may_have_no_rows(self, media_type: str) -> None:
        body = written(NUMBERS.slice(0, 0), media_type)
        assert decoder(SIGNATURE).decode(media_type, body).data.shape == (0, 2)

    @pytest.mark.parametrize("body", [b"", b"PAR1", b"ARROW1\0\0", b"x" * 100])
    def test_that_is_broken_is_refused(self, media_type: str, body: bytes) -> None:
        with pytest.raises(BadRequest, match="is no valid"):
            decoder(SIGNATURE).decode(media_type, body)

    @given(places=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=4))
    @settings(deadline=None)
    def test_with_changed_bytes_is_accepted_or_refused(
        self, media_type: str, places: list[tuple[int, int]]
    ) -> None:
        body = bytearray(written(NUMBERS, media_type))
        for place, byte in places:
            body[place % len(body)] = byte
        try:
            request = decoder(SIGNATURE).decode(media_type, bytes(body))
        except BadRequest:
            return
        assert request.rows == len(request.data)

    def test_can_be_asked_for(self, media_type: str) -> None:
        body, answered = encode({"a": [1.5, 2.5]}, Request(None), media_type)
        assert answered == media_type.encode()
        read = decoder([column("double", "a")]).decode(media_type, body)
        assert read.data["a"].tolist() == [1.5, 2.5]


def test_a_parquet_file_with_wrong_statistics_does_not_end_the_process() -> None:
    body = bytearray(written(NUMBERS, PARQUET))
    footer = body.rindex(b"PAR1") - 4 - int.from_bytes(body[-8:-4], "little")
    for place in range(footer, len(body) - 8):
        changed = bytes([*body[:place], body[place] ^ 0x10, *body[place + 1 :]])
        with contextlib.suppress(BadRequest):
            decoder().decode(PARQUET, changed)


def test_lists_in_parquet_do_not_say_how_large_they_are() -> None:
    with pytest.raises(BadRequest, match="hold lists"):
        decoder().decode(PARQUET, written(pa.table({"a": [[1, 2]]}), PARQUET))


def test_lists_in_arrow_are_read() -> None:
    reads = decoder([column({"type": "array", "items": {"type": "double"}}, "a")])
    body = written(pa.table({"a": [[1.0, 2.0]]}), STREAM)
    assert reads.decode(STREAM, body).data["a"].tolist() == [[1.0, 2.0]]


@pytest.mark.parametrize("compression", ["lz4", "zstd"])
@pytest.mark.parametrize("media_type", [STREAM, FILE])
def test_compressed_buffers_are_not_read(media_type: str, compression: str) -> None:
    body = written(NUMBERS, media_type, compression)
    with pytest.raises(BadRequest, match="its buffers are compressed"):
        decoder(SIGNATURE).decode(media_type, body)


def test_columns_that_take_no_bytes_cannot_have_endless_rows() -> None:
    body = written(pa.table({"a": pa.nulls(100_000_000)}), STREAM)
    with pytest.raises(TooLarge, match="100000000 rows"):
        decoder().decode(STREAM, body)


def test_answers_of_mixed_kinds_are_json() -> None:
    assert encode([1, "a"], Request(None), STREAM)[1] == b"application/json"
