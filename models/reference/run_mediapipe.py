"""Run one of MediaPipe's selfie networks in MediaPipe itself and write its mask. Used by make.py only.

    python run_mediapipe.py model.tflite in.npy out.npy      with mediapipe==0.10.21 installed

The graph is that of MediaPipe's own solution (modules/selfie_segmentation/selfie_segmentation_cpu.pbtxt): picture to
tensor in 0 .. 1, inference with MediaPipe's own operators, tensor to mask; only the file is ours to choose. in.npy has
the network's own size (rows, columns, 3) uint8, so that nothing is resized on the way in or out.
"""

import sys

import mediapipe as mp
import numpy as np

GRAPH = """
input_stream: "image"
output_stream: "mask_frame"
node {{ calculator: "ToImageCalculator" input_stream: "IMAGE_CPU:image" output_stream: "IMAGE:picture" }}
node {{
  calculator: "ImageToTensorCalculator" input_stream: "IMAGE:picture" output_stream: "TENSORS:input"
  options {{ [mediapipe.ImageToTensorCalculatorOptions.ext] {{
    output_tensor_width: {columns} output_tensor_height: {rows} keep_aspect_ratio: false
    output_tensor_float_range {{ min: 0.0 max: 1.0 }} border_mode: BORDER_ZERO }} }}
}}
node {{ calculator: "TfLiteCustomOpResolverCalculator" output_side_packet: "OP_RESOLVER:operators" }}
node {{
  calculator: "InferenceCalculatorCpu" input_stream: "TENSORS:input" output_stream: "TENSORS:output"
  input_side_packet: "OP_RESOLVER:operators"
  options {{ [mediapipe.InferenceCalculatorOptions.ext] {{ model_path: "{model}" delegate {{ xnnpack {{ }} }} }} }}
}}
node {{ calculator: "ImagePropertiesCalculator" input_stream: "IMAGE:picture" output_stream: "SIZE:size" }}
node {{
  calculator: "TensorsToSegmentationCalculator" input_stream: "TENSORS:output" input_stream: "OUTPUT_SIZE:size"
  output_stream: "MASK:mask"
  options {{ [mediapipe.TensorsToSegmentationCalculatorOptions.ext] {{ activation: NONE }} }}
}}
node {{ calculator: "FromImageCalculator" input_stream: "IMAGE:mask" output_stream: "IMAGE_CPU:mask_frame" }}
"""


def main(model, source, target):
    image = np.load(source)
    rows, columns = image.shape[:2]
    graph = mp.CalculatorGraph(graph_config=GRAPH.format(rows=rows, columns=columns, model=model))
    masks = []
    graph.observe_output_stream("mask_frame", lambda _, packet: masks.append(
        mp.packet_getter.get_image_frame(packet).numpy_view().copy()))
    graph.start_run()
    frame = mp.ImageFrame(image_format=mp.ImageFormat.SRGB, data=image)
    graph.add_packet_to_input_stream("image", mp.packet_creator.create_image_frame(frame).at(0))
    graph.close_all_packet_sources()
    graph.wait_until_done()
    np.save(target, masks[0])


if __name__ == "__main__":
    main(*sys.argv[1:])
