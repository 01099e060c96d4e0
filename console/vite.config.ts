import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'

/** Everything in one folder of files, named by their content; nothing is asked of anybody else. */
export default defineConfig({
  root: import.meta.dirname,
  base: '/console/',
  plugins: [vue({ features: { optionsAPI: true } })],
  logLevel: 'warn',
  build: {
    outDir: '../dist/console',
    emptyOutDir: true,
    target: 'es2022',
    // Small pictures would become data: addresses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1500,
  },
})
