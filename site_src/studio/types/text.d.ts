// A file that esbuild hands over as text.
declare module "*.txt" {
  const text: string;
  export default text;
}
