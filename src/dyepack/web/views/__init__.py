"""The pages, one module per part of the day. A view calls one act and shows what came back."""
